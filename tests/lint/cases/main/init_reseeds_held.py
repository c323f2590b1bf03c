"""Generators of a dataset that workers replace, by better and worse seeds."""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info


class Sinograms(Dataset):
    def __init__(self, slices, dose):
        self.slices, self.dose = slices, dose
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return len(self.slices)

    def __getitem__(self, i):
        return self.rng.poisson(self.dose * np.exp(-self.slices[i]))  # harmless: replaced in each worker


class Projections(Dataset):
    def __init__(self, slices):
        self.slices = slices
        self.state = np.random.RandomState(0)

    def __len__(self):
        return len(self.slices)

    def reseed(self, seed):
        self.state = np.random.RandomState(seed)

    def __getitem__(self, i):
        return self.slices[i].take(self.state.randint(0, 180, 30), 0)  # harmless: replaced in each worker


def healthy(worker_id):
    dataset = get_worker_info().dataset
    dataset.rng = np.random.default_rng([worker_id, torch.initial_seed()])  # harmless: torch's seed


def healthy_by_method(worker_id):
    info = get_worker_info()
    info.dataset.reseed(info.seed % 2 ** 32)  # harmless: torch's seed


def build(slices):
    yield DataLoader(Sinograms(slices, 1e4), 4, num_workers=4, worker_init_fn=healthy)
    yield DataLoader(Projections(slices), 4, num_workers=4, worker_init_fn=healthy_by_method)


class Frozen(Dataset):
    def __init__(self, slices):
        self.slices = slices
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return len(self.slices)

    def __getitem__(self, i):
        return self.slices[i] + self.rng.normal(size=self.slices[i].shape)  # allow: SDA101


def numbered(worker_id):
    get_worker_info().dataset.rng = np.random.default_rng(worker_id)  # expect: SDA302


def frozen(slices):
    return DataLoader(Frozen(slices), 4, num_workers=4, worker_init_fn=numbered)
