"""Trains a classifier of galaxies: spawned processes, one sampler each."""
import random

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing
from torch.utils.data import DataLoader, Dataset, DistributedSampler


class Galaxies(Dataset):
    def __init__(self, images, types):
        self.images, self.types = images, types

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = np.rot90(self.images[i], random.randrange(4))  # expect: SDA111
        y, x = np.random.normal(0, 2, 2).astype(int)  # expect: SDA102
        return torch.from_numpy(np.roll(image, (y, x), (0, 1)).copy()), self.types[i]


def process(rank, world, arrays):
    dist.init_process_group('nccl', rank=rank, world_size=world)
    torch.manual_seed(123)  # expect: SDA402
    random.seed(123)  # allow: SDA402
    data = Galaxies(*arrays)
    order = DistributedSampler(data, num_replicas=world, rank=rank)  # expect: SDA401
    net = torch.nn.parallel.DistributedDataParallel(torch.nn.LazyLinear(3).to(rank), [rank])
    for epoch in range(5):
        for images, types in DataLoader(data, 32, sampler=order, num_workers=2):
            net(images.flatten(1).to(rank))


if __name__ == '__main__':
    arrays = np.random.rand(100, 64, 64), np.random.randint(0, 3, 100)  # harmless: made-up, main process
    torch.multiprocessing.spawn(process, (2, arrays), 2)
