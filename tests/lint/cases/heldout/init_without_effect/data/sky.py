import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .seeding import MaybeSeed, python_and_torch


class Sky(Dataset):
    def __init__(self, tiles, train):
        self.tiles, self.train = tiles, train

    def __len__(self):
        return len(self.tiles)

    def __getitem__(self, i):
        tile = np.load(self.tiles[i])
        if self.train:
            tile = np.rot90(tile, np.random.randint(4))  # expect: SDA102
            tile = np.random.poisson(tile * 100) / 100  # expect: SDA102
        return torch.from_numpy(tile.copy())


def train_loader(tiles):
    return DataLoader(Sky(tiles, True), 8, shuffle=True, num_workers=4, worker_init_fn=python_and_torch)


def again(tiles):
    return DataLoader(Sky(tiles, True), 8, shuffle=True, num_workers=4, worker_init_fn=MaybeSeed())


def val_loader(tiles):
    return DataLoader(Sky(tiles, False), 8, num_workers=4)
