"""The sampler sends a seed along with the index."""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler


class SeededIndices(Sampler):
    def __init__(self, n, seed):
        self.n = n
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return self.n

    def __iter__(self):
        for i in self.rng.permutation(self.n):  # harmless: a sampler
            yield int(i), int(self.rng.integers(2 ** 63))  # harmless: a sampler


class Renders(Dataset):
    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def background(self, shape, rng):
        return np.full(shape, rng.uniform(0, 1))  # harmless: the seed came with the index

    def __getitem__(self, pair):
        index, seed = pair
        rng = np.random.default_rng(np.random.PCG64(seed))  # harmless: the seed came with the index
        image = np.load(self.files[index])
        image = np.where(image > 0, image, self.background(image.shape, rng))
        return torch.from_numpy(image + rng.normal(0, 0.01, image.shape))  # harmless: the seed came with the index


class RendersAgain(Renders):
    """Falls back to another file where one is broken; that draw is nobody's."""

    def __getitem__(self, pair):
        try:
            return super().__getitem__(pair)
        except OSError:
            other = np.random.randint(len(self))  # expect: SDA102
            return super().__getitem__((other, pair[1]))


def make(files):
    data = RendersAgain(files)
    return DataLoader(data, 8, sampler=SeededIndices(len(data), 0), num_workers=4)
