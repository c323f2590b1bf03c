"""Readers of HDF5 that open the file, and make a generator, when a worker first asks."""
import h5py
import numpy as np
import torch
from torch.utils.data import Dataset, get_worker_info


class LazyFile(Dataset):
    def __init__(self, path):
        self.path = path
        self.file = None
        with h5py.File(path, 'r') as file:
            self.size = len(file['x'])

    def __len__(self):
        return self.size

    def open(self):
        if self.file is None:
            self.file = h5py.File(self.path, 'r')
            self.on_open()

    def on_open(self):
        pass


class Good(LazyFile):
    def on_open(self):
        worker = get_worker_info()
        self.rng = np.random.default_rng(worker.seed if worker is not None else None)

    def __getitem__(self, i):
        self.open()
        x = self.file['x'][i]
        return x[self.rng.permutation(len(x))]  # harmless: from torch's seed for this worker


class Unseeded(LazyFile):
    rng = None

    def __getitem__(self, i):
        self.open()
        if not self.rng:
            self.rng = np.random.RandomState()
        return self.file['x'][i] + self.rng.normal()  # harmless: made in the worker, from the system


class Bad(LazyFile):
    def __init__(self, path, seed):
        super().__init__(path)
        self.seed = seed

    def on_open(self):
        self.rng = np.random.default_rng(self.seed)  # expect: SDA201

    def __getitem__(self, i):
        self.open()
        return self.file['x'][i] * self.rng.uniform(0.9, 1.1)  # allow: SDA101


class TooEarly(LazyFile):
    def __init__(self, path):
        super().__init__(path)
        self.open()

    def on_open(self):
        self.g = torch.Generator()

    def __getitem__(self, i):
        self.open()
        x = torch.from_numpy(self.file['x'][i])
        return x[torch.randperm(len(x), generator=self.g)]  # expect: SDA101
