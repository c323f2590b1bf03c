"""Pretraining, then fine-tuning: one of the samplers is told the epoch."""
import os

import torch
import torch.distributed as dist
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from torchvision.datasets import SVHN
from torchvision.transforms import Compose, RandomCrop, ToTensor


def pretrain(model, data):
    sampler = DistributedSampler(data)  # expect: SDA401
    loader = DataLoader(data, 256, sampler=sampler, num_workers=4)
    for epoch in range(100):
        for images, _ in loader:
            model(images.cuda()).mean().backward()


def finetune(model, data):
    tune_sampler = DistributedSampler(data, shuffle=True)  # harmless: set_epoch is called
    loader = DataLoader(data, 64, sampler=tune_sampler, num_workers=4)
    for epoch in range(10):
        tune_sampler.set_epoch(epoch)
        for images, _ in loader:
            model(images.cuda()).mean().backward()


def evaluate(model, data):
    fixed = DistributedSampler(data, shuffle=False)  # harmless: a fixed order
    return [model(images.cuda()) for images, _ in DataLoader(data, 64, sampler=fixed)]


if __name__ == '__main__':
    dist.init_process_group('nccl')
    torch.manual_seed(dist.get_rank())  # harmless: has the rank
    torch.cuda.set_device(int(os.environ['LOCAL_RANK']))
    crop = Compose([RandomCrop(28), ToTensor()])
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Conv2d(3, 1, 3).cuda())
    pretrain(model, SVHN('svhn', 'extra', transform=crop))
    finetune(model, SVHN('svhn', 'train', transform=crop))
    evaluate(model, SVHN('svhn', 'test', transform=ToTensor()))
