import argparse
import functools
import os

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from torchvision.datasets import ImageNet
from torchvision.models import resnet50

import seeds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    dist.init_process_group('nccl')
    local = int(os.environ['LOCAL_RANK'])
    torch.manual_seed(args.seed + dist.get_rank())  # harmless: each rank has its own
    data = ImageNet('imagenet')
    sampler = DistributedSampler(data)  # harmless: set_epoch is called below
    model = DDP(resnet50().to(local), device_ids=[local])
    seeder = seeds.EpochSeeder(args.seed)
    for epoch in range(90):
        sampler.set_epoch(epoch)
        seeder.epoch = epoch
        init = functools.partial(seeds.without_rank, epoch=epoch, seed=args.seed)
        for images, labels in DataLoader(data, 64, sampler=sampler, num_workers=8, worker_init_fn=init):
            model(images.to(local))
        init = functools.partial(seeds.with_rank, epoch=epoch, seed=args.seed)
        for images, labels in DataLoader(data, 64, sampler=sampler, num_workers=8, worker_init_fn=init):
            model(images.to(local))
        for images, labels in DataLoader(data, 64, sampler=sampler, num_workers=8, worker_init_fn=seeder):
            model(images.to(local))
        loader = DataLoader(data, 64, sampler=sampler, num_workers=8,
                            worker_init_fn=lambda w: np.random.seed(epoch * 1000 + w))  # expect: SDA304
        for images, labels in loader:
            model(images.to(local))
        init = functools.partial(seeds.listed, epoch=epoch, rank=dist.get_rank())
        for images, labels in DataLoader(data, 64, sampler=sampler, num_workers=8, worker_init_fn=init):
            model(images.to(local))


if __name__ == '__main__':
    main()
