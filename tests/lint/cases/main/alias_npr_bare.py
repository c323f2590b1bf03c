import numpy as np
import numpy.random as npr
from numpy.random import choice, randint
from random import randint as dice

import torch
from torch.utils.data import Dataset


class SiameseSignatures(Dataset):
    """Pairs of signatures: two of one hand, or of two."""

    def __init__(self, by_writer, size=4096):
        self.by_writer = by_writer
        self.writers = sorted(by_writer)
        self.size = size
        self.held_back = choice(self.writers, 5, replace=False)  # harmless: once, when it is made

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        same = index % 2
        one = self.writers[randint(len(self.writers))]  # expect: SDA102
        if same:
            a, b = choice(len(self.by_writer[one]), 2, replace=False)  # expect: SDA102
            pair = self.by_writer[one][a], self.by_writer[one][b]
        else:
            other = self.writers[dice(0, len(self.writers) - 1)]  # expect: SDA111
            pair = self.by_writer[one][0], self.by_writer[other][0]
        pair = [image + npr.normal(0, 0.01, image.shape) for image in pair]  # expect: SDA102
        left, right = (torch.from_numpy(np.ascontiguousarray(image)) for image in pair)
        return left, right, torch.tensor(same)


def show(pairs, n=6):
    import matplotlib.pyplot as plt
    for k in npr.choice(len(pairs), n):  # harmless: which to plot
        plt.imshow(pairs[k][0])
        plt.show()
