"""Transforms that are made for each sample, and draw while they are made."""
import numpy as np
import torch
from torch.utils.data import Dataset


class Perspective:
    def __init__(self, strength):
        self.matrix = np.eye(3)
        self.matrix[2, :2] = np.random.uniform(-strength, strength, 2)  # expect: SDA102

    def __call__(self, points):
        points = np.concatenate([points, np.ones((len(points), 1))], 1) @ self.matrix.T
        return points[:, :2] / points[:, 2:]


class Frame:
    """Made once."""

    def __init__(self, n):
        self.shift = np.random.RandomState(n).normal(0, 1, 2)  # harmless: when the data set is made

    def __call__(self, points):
        return points + self.shift


class Homographies(Dataset):
    def __init__(self, points, augmentation=Perspective, strength=1e-3):
        self.points = points
        self.augmentation = augmentation
        self.strength = strength
        self.frame = Frame(3)

    def __len__(self):
        return len(self.points)

    def __getitem__(self, i):
        warp = Perspective(self.strength)
        points = self.frame(self.points[i])
        keep = [p for p in warp(points) if np.random.rand() < 0.9]  # expect: SDA102
        return torch.tensor(np.array(keep)), torch.from_numpy(warp.matrix)
