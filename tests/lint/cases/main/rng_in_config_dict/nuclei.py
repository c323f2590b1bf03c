import h5py
import numpy as np
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from build import Transformer

CONFIG = [{'name': 'Flip'}, {'name': 'Contrast', 'execution_probability': 0.5}, {'name': 'FixedAxis'}]


class Nuclei(Dataset):
    def __init__(self, path, patch):
        with h5py.File(path, 'r') as file:
            self.raw = file['raw'][:]
        self.patch = patch
        self.transform = Transformer(CONFIG).create()

    def __len__(self):
        return len(self.raw) - self.patch

    def __getitem__(self, i):
        return torch.from_numpy(self.transform(self.raw[i:i + self.patch]).copy())


def loader(paths):
    data = ConcatDataset([Nuclei(p, 32) for p in paths])
    return DataLoader(data, 1, shuffle=True, num_workers=8)
