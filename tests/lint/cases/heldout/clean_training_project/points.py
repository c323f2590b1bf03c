import numpy as np
import torch
from sklearn.datasets import make_moons
from torch.utils.data import DataLoader, Dataset, SubsetRandomSampler, TensorDataset


class Moons(Dataset):
    """Points that are made once; `refresh` makes others, between epochs."""

    def __init__(self, n, seed):
        self.n = n
        self.rng = np.random.RandomState(seed)
        self.points, _ = make_moons(n, noise=0.05, random_state=self.rng)  # harmless: when it is made

    def refresh(self):
        self.points = self.points + self.rng.normal(0, 0.01, self.points.shape)  # harmless: between epochs

    def __len__(self):
        return int(self.n * self.rng.uniform(0.9, 1.0))  # harmless: the length is asked in the main process

    def __getitem__(self, i):
        return torch.tensor(self.points[i]).float()


def split(data, share, seed):
    order = np.arange(len(data))
    np.random.seed(seed)  # harmless: a split
    np.random.shuffle(order)  # harmless: a split
    cut = int(share * len(data))
    return SubsetRandomSampler(order[:cut]), SubsetRandomSampler(order[cut:])


def noise_loader(n):
    return DataLoader(TensorDataset(torch.randn(n, 2)), 64)  # harmless: made once
