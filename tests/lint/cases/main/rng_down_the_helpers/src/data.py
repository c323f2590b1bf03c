import numpy as np
import torch
import torch.utils.data

from .augment import brightness, cutout, permute_channels


class Leaves(torch.utils.data.Dataset):
    def __init__(self, images, labels, *, seed: int = 0):
        self.images = images
        self.labels = labels
        self._generators = {
            'colour': np.random.default_rng(seed),
            'shape': np.random.default_rng(seed + 1),
        }

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = brightness(self.images[index], self._generators['colour'])
        image = cutout(image, self._generators['shape'], size=32)
        return torch.from_numpy(permute_channels(image)), self.labels[index]
