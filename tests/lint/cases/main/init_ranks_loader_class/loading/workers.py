import random

import numpy as np
import torch


class WorkerSeed:
    """What a worker does first. The epoch is told before each pass."""

    def __init__(self, base):
        self.base = base
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch


class SeedByEpoch(WorkerSeed):
    def __call__(self, worker_id):
        np.random.seed((self.base + self.epoch * 1009 + worker_id) % 2 ** 32)  # expect: SDA304


class SeedByTime(WorkerSeed):
    def __call__(self, worker_id):
        np.random.seed([self.base, self.epoch, worker_id])  # expect: SDA304


class SeedByRank(WorkerSeed):
    def __init__(self, base, rank):
        super().__init__(base)
        self.rank = rank

    def __call__(self, worker_id):
        np.random.seed([self.base, self.epoch, self.rank, worker_id])  # harmless: has the rank
        random.seed(f'{self.base} {self.epoch} {self.rank} {worker_id}')  # harmless: has the rank


class SeedByTorch(WorkerSeed):
    def __call__(self, worker_id):
        np.random.seed(torch.initial_seed() % 2 ** 32)  # harmless: torch's own, which the script seeds by rank
