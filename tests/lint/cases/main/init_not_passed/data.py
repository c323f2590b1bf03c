import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def seed_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2 ** 32)  # expect: SDA305


class Radar(Dataset):
    def __init__(self, sweeps):
        self.sweeps = sweeps

    def __len__(self):
        return len(self.sweeps)

    def __getitem__(self, i):
        sweep = np.load(self.sweeps[i])
        sweep = np.roll(sweep, np.random.randint(360), axis=0)  # expect: SDA102
        return torch.from_numpy(sweep.copy())


def get_loader(sweeps, batch_size, num_workers):
    return DataLoader(Radar(sweeps), batch_size=batch_size, shuffle=True,
                      num_workers=num_workers, drop_last=True)
