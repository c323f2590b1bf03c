# A data set that says so nowhere, but is given to a loader.
import functools

import numpy as np
import torch
from torch.utils.data import DataLoader


class Wells:
    scale = functools.partial(np.random.uniform, 0.9, 1.1)

    def __init__(self, logs, seed=0):
        self.logs = logs
        self.gens = np.random.default_rng(seed).spawn(4)
        self.amount = functools.partial(np.random.default_rng(seed).exponential, 0.1)

    def __len__(self):
        return len(self.logs)

    def __getitem__(self, i):
        log = self.logs[i]
        start = self.gens[i % 4].integers(len(log) - 256)  # expect: SDA101
        log = log[start:start + 256] * Wells.scale()  # expect: SDA102
        return log + self.amount()  # expect: SDA101

    @staticmethod
    def collate(batch):
        batch = torch.from_numpy(np.stack(batch))
        if np.random.rand() < 0.2:  # expect: SDA102
            batch = batch.flip(1)
        return batch


class Cache:
    """Looks like one too; only this process ever asks it."""

    def __init__(self, items):
        self.items = items
        self.rng = np.random.RandomState(0)

    def __len__(self):
        return len(self.items)

    def __getitem__(self, key):
        if len(self.items) > 1000:
            self.items.pop(self.rng.choice(list(self.items)))  # harmless: a cache of the main process
        return self.items[key]


def main():
    wells = Wells(np.load('wells.npy'))
    cache = Cache({})
    for k, batch in enumerate(DataLoader(wells, 16, num_workers=2, collate_fn=Wells.collate)):
        cache.items[k] = batch
        print(cache[k].shape)


main()
