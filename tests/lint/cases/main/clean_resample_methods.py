"""Resampled by the training script between epochs, not by workers."""
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class PairsOfItems(Dataset):
    """Users with items they chose and items they did not; negatives are drawn anew each epoch."""

    def __init__(self, interactions, n_items, n_negatives=4, seed=0):
        self.interactions = interactions
        self.n_items = n_items
        self.n_negatives = n_negatives
        self.rng = np.random.default_rng(seed)
        self.negatives = None
        self.resample()

    def resample(self):
        shape = (len(self.interactions), self.n_negatives)
        self.negatives = self.rng.integers(self.n_items, size=shape)  # harmless: in the main process

    def set_epoch(self, epoch):
        order = np.random.default_rng(epoch).permutation(len(self.interactions))  # harmless: in the main process
        self.interactions = [self.interactions[i] for i in order]

    def __len__(self):
        return len(self.interactions)

    def __getitem__(self, i):
        user, item = self.interactions[i]
        return user, item, torch.from_numpy(self.negatives[i])


class Curriculum(Dataset):
    def __init__(self, items):
        self.items = items
        self.share = 0.1
        self.active = []

    def on_epoch_start(self):
        k = int(len(self.items) * self.share)
        self.active = random.sample(self.items, k)  # harmless: in the main process
        self.share = min(1.0, self.share + np.random.uniform(0, 0.1))  # harmless: in the main process

    def __len__(self):
        return len(self.active)

    def __getitem__(self, i):
        return self.active[i]


def train(model, data, stages):
    for epoch in range(30):
        data.resample()
        data.set_epoch(epoch)
        stages.on_epoch_start()
        for user, item, negatives in DataLoader(data, 1024, num_workers=4):
            model.step(user, item, negatives)
        for item in DataLoader(stages, 32, num_workers=2):
            model.refine(item)
