import numpy as np
import torch
from torch.utils.data import Dataset

import text
from text import corruption


class Denoising(Dataset):
    def __init__(self, lines, encode, p=0.1):
        self.lines = lines
        self.encode = encode
        self.p = p

    def __len__(self):
        return len(self.lines)

    def _corrupt(self, words):
        words = text.shuffle_window(words, 3)
        return [corruption.typo(w) if np.random.binomial(1, self.p) else w for w in words]  # expect: SDA102

    def __getitem__(self, i):
        words = self.lines[i].split()
        return torch.tensor(self.encode(self._corrupt(words))), torch.tensor(self.encode(words))
