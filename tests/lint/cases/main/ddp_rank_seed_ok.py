"""Every rank seeds with its own; set_epoch is called through the loader."""
import os
import random

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, Dataset, DistributedSampler


class Signals(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        t = np.linspace(0, 1, 1000)
        f, p = np.random.uniform(1, 50), np.random.uniform(0, 2 * np.pi)  # expect: SDA102
        return torch.from_numpy(np.sin(2 * np.pi * f * t + p)), f


def seed_everything(seed):
    seed += dist.get_rank()
    random.seed(seed)  # harmless: has the rank
    np.random.seed(seed)  # harmless: has the rank
    torch.manual_seed(seed)  # harmless: has the rank


def main():
    dist.init_process_group('nccl')
    seed_everything(int(os.environ.get('SEED', 0)))
    data = Signals(100000)
    sampler = DistributedSampler(data) if dist.get_world_size() > 1 else None  # harmless: set_epoch is called
    loader = DataLoader(data, 32, shuffle=sampler is None, sampler=sampler, num_workers=4)
    model = DDP(torch.nn.Linear(1000, 1).cuda())
    for epoch in range(10):
        if sampler is not None:
            loader.sampler.set_epoch(epoch)
        for x, f in loader:
            model(x.float().cuda())


main()
