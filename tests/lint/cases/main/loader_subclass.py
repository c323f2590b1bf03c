import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class BaseDataLoader(DataLoader):
    """A loader that splits, collates and seeds."""

    def __init__(self, dataset, batch_size, validation=0.1, num_workers=2):
        np.random.seed(0)  # harmless: a split, in the main process
        order = np.random.permutation(len(dataset))  # harmless: a split
        self.valid = order[:int(validation * len(order))]
        self.train = torch.utils.data.SubsetRandomSampler(order[len(self.valid):])
        super().__init__(dataset, batch_size, sampler=self.train, num_workers=num_workers,
                         collate_fn=self.collate_fn, worker_init_fn=self.begin)

    def begin(self, worker_id):
        np.random.seed(worker_id)  # expect: SDA302

    def collate_fn(self, batch):
        x = torch.stack(batch)
        return self.cutout(x) if np.random.rand() < 0.5 else x  # expect: SDA102

    def cutout(self, x, size=8):
        y = random.randint(0, x.shape[-1] - size)  # expect: SDA111
        x[..., y:y + size] = 0
        return x


class Spots(Dataset):
    def __init__(self, n, size=64):
        self.n, self.size = n, size

    def __len__(self):
        return self.n

    def worker_init_fn(self, worker_id):
        np.random.seed(np.random.get_state()[1][0] + worker_id)  # expect: SDA303

    def __getitem__(self, i):
        from numpy.random import default_rng, uniform
        field = torch.zeros(self.size, self.size)
        for y, x in [uniform(0, self.size, 2).astype(int) for _ in range(5)]:  # expect: SDA102
            field[y, x] = 1
        return field + torch.from_numpy(default_rng().normal(size=field.shape))  # harmless: fresh each time


def make_init(seed):
    def init(worker_id):
        np.random.seed(seed + 100 * worker_id)  # expect: SDA302
    return init


def two_words(worker_id):
    seed = torch.initial_seed()
    np.random.seed([seed >> 32, seed & 0xffffffff])  # harmless: torch's seed for this worker


if __name__ == '__main__':
    spots = Spots(1000)
    for loader in (
        BaseDataLoader(spots, 32),
        DataLoader(spots, 32, num_workers=2, worker_init_fn=spots.worker_init_fn),
        DataLoader(spots, 32, num_workers=2, worker_init_fn=make_init(9)),
        DataLoader(spots, 32, num_workers=2, worker_init_fn=two_words),
    ):
        for batch in loader:
            print(batch.shape)
