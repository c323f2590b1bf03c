import numpy as np
import torch
from torch.utils.data import Dataset

from seeding import rng_of, seed_sample, seed_sample_and_epoch


class Windows(Dataset):
    def __init__(self, series, length):
        self.series, self.length = series, length
        self.epoch = 0

    def __len__(self):
        return len(self.series)

    def cut(self, i, start):
        return torch.from_numpy(self.series[i][start:start + self.length])


class ByRng(Windows):
    def __getitem__(self, i):
        rng = rng_of(i)  # expect: SDA202
        return self.cut(i, rng.integers(len(self.series[i]) - self.length))  # harmless: the seed is the matter


class ByGlobal(Windows):
    def __getitem__(self, i):
        seed_sample(1, i)
        return self.cut(i, np.random.randint(len(self.series[i]) - self.length))  # harmless: seeded above


class ByEpoch(Windows):
    def __getitem__(self, i):
        seed_sample_and_epoch(1, self.epoch, i)
        return self.cut(i, np.random.randint(len(self.series[i]) - self.length))  # harmless: seeded above
