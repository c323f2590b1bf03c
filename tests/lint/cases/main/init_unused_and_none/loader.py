"""Loaders for translation; the function for workers depends on the configuration."""
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Parallel(Dataset):
    def __init__(self, pairs, drop):
        self.pairs, self.drop = pairs, drop

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        source, target = self.pairs[i]
        keep = np.random.rand(len(source)) >= self.drop  # expect: SDA102
        return [w for w, k in zip(source, keep) if k], target


class Seeder:
    """Seeds a worker, if there is anything to seed with."""

    def __init__(self, seed=None):
        self.seed = seed

    def __call__(self, worker_id):
        if self.seed is None:
            return
        np.random.seed(self.seed + worker_id)  # expect: SDA305  # allow: SDA302


def initialise(worker_id):
    info = torch.utils.data.get_worker_info()
    np.random.seed(info.seed % 2 ** 32)  # expect: SDA305


def python_only(worker_id):
    random.seed(torch.utils.data.get_worker_info().seed)  # expect: SDA305


def training(pairs, batch):
    return DataLoader(Parallel(pairs, 0.1), batch, shuffle=True, num_workers=4,
                      collate_fn=list, worker_init_fn=Seeder())


def again(pairs, batch):
    return DataLoader(Parallel(pairs, 0.2), batch, shuffle=True, num_workers=4,
                      collate_fn=list, worker_init_fn=python_only)


def validation(pairs, batch):
    return DataLoader(Parallel(pairs, 0.0), batch, num_workers=4, collate_fn=list)
