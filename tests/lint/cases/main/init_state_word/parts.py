import h5py
import numpy as np
import torch
import torch.utils.data as tud


class PartClouds(tud.Dataset):
    def __init__(self, path, n_points):
        self.path = path
        self.n_points = n_points
        with h5py.File(path) as f:
            self.size = len(f['points'])

    def __len__(self):
        return self.size

    def __getitem__(self, i):
        with h5py.File(self.path) as f:
            points = f['points'][i]
        keep = np.random.choice(len(points), self.n_points, replace=False)  # expect: SDA102
        return torch.from_numpy(points[keep])
