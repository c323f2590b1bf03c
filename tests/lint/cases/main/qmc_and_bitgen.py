"""Coordinates for neural fields: quasi-random points of signed distances."""
import numpy as np
import torch
from numpy.random import MT19937, Generator, SeedSequence
from scipy.stats import qmc
from torch.utils.data import Dataset, IterableDataset


class SurfacePoints(Dataset):
    def __init__(self, shapes, n=2048, seed=0):
        self.shapes = shapes
        self.n = n
        self.sobol = qmc.Sobol(d=3, seed=seed)
        self.gen = Generator(MT19937(SeedSequence(seed)))

    def __len__(self):
        return len(self.shapes)

    def __getitem__(self, i):
        points = 2 * self.sobol.random(self.n) - 1  # expect: SDA101
        points += self.gen.standard_normal(points.shape) * 1e-3  # expect: SDA101
        return torch.from_numpy(points), torch.from_numpy(self.shapes[i](points))


class EndlessPoints(IterableDataset):
    def __init__(self, shape, root_seed):
        self.shape = shape
        self.seeds = SeedSequence(root_seed)
        self.rng = np.random.default_rng(self.seeds)

    def __iter__(self):
        while True:
            point = self.rng.uniform(-1, 1, 3)  # expect: SDA101
            yield point, self.shape(point)


class FreshPoints(IterableDataset):
    def __init__(self, shape):
        self.shape = shape

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng(None if info is None else info.seed)
        while True:
            point = rng.uniform(-1, 1, 3)  # harmless: from the worker's own seed, in the worker
            yield point, self.shape(point)
