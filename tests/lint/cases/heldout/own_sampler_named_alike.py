"""A sampler of the project's own, with the well-known name; and the epoch lives in the worker."""
import math

import numpy as np
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler


class DistributedSampler(Sampler):
    """Draws its order from a generator that goes on; there is no epoch to set."""

    def __init__(self, dataset, replicas, rank):
        self.n, self.replicas, self.rank = len(dataset), replicas, rank
        self.generator = np.random.default_rng(0)

    def __len__(self):
        return math.ceil(self.n / self.replicas)

    def __iter__(self):
        order = self.generator.permutation(self.n)  # harmless: a sampler, and all ranks agree
        return iter(order[self.rank::self.replicas].tolist())


class Squares(Dataset):
    def __len__(self):
        return 1000

    def __getitem__(self, i):
        return i * i


class Walks(IterableDataset):
    """Counts its passes by itself, in each worker; mixes in the worker's seed as well."""

    def __init__(self, length):
        self.length, self.passes = length, 0

    def __iter__(self):
        self.passes += 1
        rng = np.random.default_rng([torch.initial_seed(), self.passes])
        position = 0.0
        for _ in range(self.length):
            position += rng.normal()  # harmless: from the worker's seed
            yield position


def main():
    dist.init_process_group('gloo')
    torch.manual_seed(dist.get_rank())  # harmless: has the rank
    data = Squares()
    sampler = DistributedSampler(data, dist.get_world_size(), dist.get_rank())  # harmless: another class
    for epoch in range(3):
        for batch in DataLoader(data, 10, sampler=sampler, num_workers=2):
            print(epoch, batch.sum())
        for walk in DataLoader(Walks(100), 10, num_workers=2):
            print(epoch, walk.mean())


if __name__ == '__main__':
    main()
