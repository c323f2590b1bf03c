"""Compiled augmentation of sequences of bases; some of it uses `random`."""
import random

import numba as nb
import numpy as np
import torch
from torch.utils.data import Dataset


@nb.njit(nb.int8[:](nb.int8[:], nb.float64))
def mutate(bases, rate):
    out = bases.copy()
    for i in range(len(out)):
        if random.random() < rate:  # expect: SDA104
            out[i] = np.random.randint(0, 4)  # expect: SDA104
    return out


@nb.njit
def reverse_complement(bases):
    return (3 - bases)[::-1].copy()


@nb.njit
def insert(bases, rate):
    n = np.random.poisson(rate * len(bases))  # expect: SDA104
    out = np.empty(len(bases) + n, dtype=np.int8)
    out[:n] = 0
    out[n:] = bases
    return out


class Genomes(Dataset):
    def __init__(self, sequences, rate):
        self.sequences, self.rate = sequences, rate

    def __len__(self):
        return len(self.sequences)

    def __getitem__(self, i):
        bases = mutate(insert(self.sequences[i], self.rate), self.rate)
        if random.random() < 0.5:  # expect: SDA111
            bases = reverse_complement(bases)
        return torch.from_numpy(bases)
