"""NumPy draws in the workers, and something else gets seeded."""
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Masks(Dataset):
    def __init__(self, n, size):
        self.n, self.size = n, size

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        mask = np.zeros((self.size, self.size), np.float32)
        for _ in range(np.random.randint(1, 6)):  # expect: SDA102
            y, x = np.random.randint(0, self.size, 2)  # expect: SDA102
            mask[y:y + 20, x:x + 20] = 1
        return torch.from_numpy(mask)[None]


def seed_python(worker_id):
    random.seed(torch.initial_seed() + worker_id)  # expect: SDA305


def seed_if_wanted(worker_id, seed=None):
    if seed is not None:
        np.random.seed(seed + worker_id)  # expect: SDA305  # allow: SDA302


def seed_cuda(worker_id):
    torch.manual_seed(torch.initial_seed() + worker_id)  # expect: SDA305


def build(batch):
    data = Masks(10000, 256)
    return [
        DataLoader(data, batch, num_workers=4, worker_init_fn=seed_python),
        DataLoader(data, batch, num_workers=4, worker_init_fn=seed_if_wanted),
        DataLoader(data, batch, num_workers=4, worker_init_fn=seed_cuda),
        DataLoader(data, batch, num_workers=4, worker_init_fn=lambda w: random.seed(torch.initial_seed())),  # expect: SDA305
    ]
