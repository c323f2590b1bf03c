"""Fetching whole batches."""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Embeddings(Dataset):
    def __init__(self, path, noise=0.01, seed=0):
        self.table = np.load(path, mmap_mode='r')
        self.noise = noise
        self.random = np.random.Generator(np.random.Philox(seed))

    def __len__(self):
        return len(self.table)

    def __getitem__(self, index):
        return self.__getitems__([index])[0]

    def __getitems__(self, indices):
        rows = np.asarray(self.table[np.sort(indices)])
        rows += self.random.normal(0, self.noise, rows.shape)  # expect: SDA101
        swap = np.random.permutation(len(rows))  # expect: SDA102
        return list(torch.from_numpy(np.where(rows > 3, rows[swap], rows)))


class RowsOnce(Dataset):
    def __init__(self, path):
        table = np.load(path)
        rng = np.random.Generator(np.random.PCG64(1))
        self.table = table[rng.permutation(len(table))]  # harmless: when it is made
        self.weights = rng.dirichlet(np.ones(4))  # harmless: when it is made

    def __len__(self):
        return len(self.table)

    def __getitem__(self, index):
        return self.table[index] * self.weights.max()


loader = DataLoader(Embeddings('table.npy'), batch_size=512, num_workers=2)
other = DataLoader(RowsOnce('table.npy'), batch_size=512, num_workers=2)
