import numpy as np
import torch
from torch.utils.data import Dataset

import kernels


class Voxels(Dataset):
    def __init__(self, clouds, size):
        self.clouds, self.size = clouds, size

    def __len__(self):
        return len(self.clouds)

    def __getitem__(self, i):
        points = kernels.wobble(self.clouds[i].copy(), 0.01)
        points = kernels.shuffle_rows(points)[:2048]
        axis = np.random.choice(3)  # expect: SDA102
        grid = np.flip(kernels.splat(points, self.size), axis)
        return torch.from_numpy(kernels.squash(grid))
