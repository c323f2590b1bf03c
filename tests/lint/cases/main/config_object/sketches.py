import numpy as np
import torch
from torch.utils.data import Dataset

import settings
from settings import cfg


class Sketches(Dataset):
    """Strokes as offsets, with a few of them dropped."""

    def __init__(self, strokes):
        self.strokes = strokes
        self.limit = 1000
        self.hidden = cfg.rng.rand(len(strokes)) < 0.01  # harmless: once, when it is made

    def __len__(self):
        return len(self.strokes)

    def random_scale(self, strokes, by=0.15):
        strokes = strokes.copy()
        strokes[:, 0] *= (cfg.rng.random_sample() - 0.5) * 2 * by + 1.0  # expect: SDA101
        strokes[:, 1] *= (cfg.rng.random_sample() - 0.5) * 2 * by + 1.0  # expect: SDA101
        return strokes

    def drop(self, strokes, p=0.1):
        return np.array([s for s in strokes if s[2] == 1 or settings.cfg.dice.random() > p])  # expect: SDA101

    def __getitem__(self, i):
        strokes = self.random_scale(self.drop(self.strokes[i]))
        return torch.from_numpy(np.clip(strokes, -self.limit, self.limit))
