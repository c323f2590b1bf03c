"""Wrappers around datasets: mixing, repeating, mosaics."""
import cv2
import numpy as np
import torch
from torch.utils.data import ConcatDataset, Dataset, Subset


class MosaicDataset(Dataset):
    """Puts four pictures into one."""

    def __init__(self, dataset, size, p=0.5):
        self._dataset = dataset
        self.size, self.p = size, p

    def __len__(self):
        return len(self._dataset)

    def __getitem__(self, idx):
        if np.random.rand() >= self.p:  # expect: SDA102
            return self._dataset[idx]
        canvas = np.full((2 * self.size, 2 * self.size, 3), 114, np.uint8)
        yc, xc = (int(np.random.uniform(0.5 * self.size, 1.5 * self.size)) for _ in range(2))  # expect: SDA102
        others = [idx] + list(np.random.randint(0, len(self._dataset), 3))  # expect: SDA102
        for k, j in enumerate(others):
            image = cv2.resize(self._dataset[j], (self.size, self.size))
            y, x = (k // 2) * yc, (k % 2) * xc
            part = canvas[y:y + self.size, x:x + self.size]
            part[:] = image[:part.shape[0], :part.shape[1]]
        return canvas


class MixtureOfDatasets(ConcatDataset):
    def __init__(self, datasets, weights, seed=None):
        super().__init__(datasets)
        self.weights = np.array(weights) / np.sum(weights)
        self.rng = np.random.default_rng(seed)

    def __getitem__(self, idx):
        source = self.rng.choice(len(self.datasets), p=self.weights)  # expect: SDA101
        part = self.datasets[source]
        return part[idx % len(part)]


class Shuffled(Subset):
    """A fixed order: drawn once."""

    def __init__(self, dataset, seed):
        order = np.random.RandomState(seed).permutation(len(dataset))  # harmless: when it is made
        super().__init__(dataset, order)


class WithBackground(Subset):
    def __getitem__(self, idx):
        image = super().__getitem__(idx)
        other = self.dataset[int(torch.randint(len(self.dataset), (1,)))]  # expect: SDA111
        return cv2.addWeighted(image, 0.8, other, 0.2, 0)


def training_set(parts):
    return MosaicDataset(MixtureOfDatasets([Shuffled(p, 0) for p in parts], [3, 1], seed=0), 640)
