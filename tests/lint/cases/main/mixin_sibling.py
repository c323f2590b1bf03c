"""The generator is made in one class and drawn from in its sibling."""
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch.utils.data import Dataset


class Seeded:
    def __init__(self, *args, seed=0, **kwargs):
        super().__init__(*args, **kwargs)
        self.random = np.random.RandomState(seed)


class JitterMixin:
    jitter = 0.01

    def jittered(self, points):
        noise = self.random.normal(0, self.jitter, points.shape)  # expect: SDA101
        return points + np.clip(noise, -0.05, 0.05)

    def dropped(self, points, most=0.8):
        share = self.random.rand() * most  # expect: SDA101
        keep = self.random.rand(len(points)) > share  # expect: SDA101
        return points[keep] if keep.any() else points[:1]


class Clouds(Dataset, ABC):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        points = self.augment(self.load(self.paths[index]))
        return torch.from_numpy(points).float()

    @abstractmethod
    def load(self, path): ...

    @abstractmethod
    def augment(self, points): ...


class ScannedRooms(Seeded, JitterMixin, Clouds):
    def load(self, path):
        return np.load(path)[:, :3]

    def augment(self, points):
        angle = self.random.uniform(0, 2 * np.pi)  # expect: SDA101
        c, s = np.cos(angle), np.sin(angle)
        points = points @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        return self.jittered(self.dropped(points))


class ScannedObjects(Clouds):
    def load(self, path):
        return np.loadtxt(path, delimiter=',')[:, :3]

    def augment(self, points):
        return points * np.random.uniform(0.8, 1.25)  # expect: SDA102
