import os

import torch
import torch.distributed as dist
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from torchvision.datasets import Food101
from torchvision.transforms import Compose, RandomResizedCrop, ToTensor

import loading

dist.init_process_group('nccl')
rank = int(os.environ['RANK'])
torch.manual_seed(1000 + rank)  # harmless: has the rank
food = Food101('food', transform=Compose([RandomResizedCrop(224), ToTensor()]))
sampler = DistributedSampler(food)  # harmless: set_epoch is called
seeders = [
    loading.SeedByEpoch(1), loading.SeedByTime(1), loading.SeedByRank(1, rank), loading.SeedByTorch(1),
]
for seeder in seeders:
    loader = DataLoader(food, 32, sampler=sampler, num_workers=8, worker_init_fn=seeder)
    for epoch in range(10):
        sampler.set_epoch(epoch)
        seeder.set_epoch(epoch)
        for images, labels in loader:
            print(images.shape)
