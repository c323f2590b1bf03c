import numpy as np
import torch
from torch.utils.data import Dataset

import data_tools


class MaskTokens(Dataset):
    """Masks as a function of seed, epoch and index."""

    def __init__(self, dataset, seed=1, p=0.15):
        self.dataset, self.seed, self.p = dataset, seed, p
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        item = self.dataset[index]
        with data_tools.numpy_seed(self.seed, self.epoch, index):
            n = int(self.p * len(item) + np.random.rand())  # harmless: seeded by the block around it
            at = np.random.choice(len(item), n, replace=False)  # harmless: seeded by the block around it
        item[at] = 0
        return torch.from_numpy(item)


class AppendNoise(Dataset):
    """No block around this one."""

    def __init__(self, dataset, most):
        self.dataset, self.most = dataset, most

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        extra = np.random.randint(0, 50000, np.random.randint(self.most))  # expect: SDA102
        return np.concatenate([self.dataset[index], extra])
