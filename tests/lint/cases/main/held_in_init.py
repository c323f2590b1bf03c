import numpy as np
import torch
from torch.utils.data import Dataset


class VolumePatches(Dataset):
    """Random patches of CT volumes, each voxel set kept in memory."""

    def __init__(self, volumes, masks, patch=(32, 64, 64), foreground=0.7, seed=2021):
        self.volumes, self.masks = volumes, masks
        self.patch = np.array(patch)
        self.foreground = foreground
        self.rng = np.random.default_rng(seed)
        self.order = self.rng.permutation(len(volumes))  # harmless: drawn while it is made

    def __len__(self):
        return len(self.volumes)

    def _around(self, shape, mask):
        if self.rng.random() < self.foreground:  # expect: SDA101
            voxels = np.argwhere(mask)
            if len(voxels):
                centre = voxels[self.rng.integers(len(voxels))]  # expect: SDA101
                return np.clip(centre - self.patch // 2, 0, np.array(shape) - self.patch)
        return self.rng.integers(0, np.array(shape) - self.patch + 1)  # expect: SDA101

    def __getitem__(self, index):
        index = self.order[index]
        volume, mask = self.volumes[index], self.masks[index]
        start = self._around(volume.shape, mask)
        window = tuple(slice(a, a + n) for a, n in zip(start, self.patch))
        volume, mask = volume[window], mask[window]
        for axis in range(3):
            if self.rng.random() < 0.5:  # expect: SDA101
                volume, mask = np.flip(volume, axis), np.flip(mask, axis)
        volume = volume + self.rng.normal(0, 0.02, volume.shape)  # expect: SDA101
        return torch.from_numpy(volume.copy())[None], torch.from_numpy(mask.copy())
