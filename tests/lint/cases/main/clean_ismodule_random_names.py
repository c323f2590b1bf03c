"""Names that look like generators and are none."""
import secrets
from random import SystemRandom

import numpy as np
import torch
from torch.utils.data import Dataset


class Shuffle:
    """A riffle of channels that has nothing random in it."""

    def shuffle(self, x):
        half = len(x) // 2
        return np.stack([x[:half], x[half:2 * half]], 1).reshape(2 * half, *x.shape[1:])

    def choice(self, options, key):
        return options[key % len(options)]

    def uniform(self, low, high, t):
        return low + (high - low) * t


class Sounds(Dataset):
    def __init__(self, sounds):
        self.sounds = sounds
        self.random = Shuffle()
        self.rng = SystemRandom()
        self.table = np.random.default_rng(0).random((1000, 4))  # harmless: a table made once

    def __len__(self):
        return len(self.sounds)

    def __getitem__(self, i):
        sound = self.random.shuffle(self.sounds[i])  # harmless: not random at all
        t = self.random.uniform(0, 1, 0.25)  # harmless: not random at all
        sound = self.random.choice([sound, sound[::-1]], i) * t  # harmless: not random at all
        if self.rng.random() < 0.5:  # harmless: from the operating system
            sound = -sound
        if secrets.randbelow(4) == 0:  # harmless: from the operating system
            sound = sound * 0.5
        shift = self.table[i % 1000]  # harmless: looked up, not drawn
        return torch.from_numpy(sound + shift.mean())
