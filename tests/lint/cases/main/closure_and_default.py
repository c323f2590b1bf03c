"""Masked-language batches: the generator sits in closures, default arguments and partials."""
import functools
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

PAD, MASK = 0, 103


class Sentences(Dataset):
    def __init__(self, encoded):
        self.encoded = encoded

    def __len__(self):
        return len(self.encoded)

    def __getitem__(self, i):
        return self.encoded[i]


def pad(batch):
    longest = max(map(len, batch))
    return np.array([row + [PAD] * (longest - len(row)) for row in batch])


def make_masking_collate(p=0.15, seed=0):
    rng = np.random.default_rng(seed)

    def collate(batch):
        tokens = pad(batch)
        masked = (rng.random(tokens.shape) < p) & (tokens != PAD)  # expect: SDA101
        labels = np.where(masked, tokens, -100)
        tokens[masked & (rng.random(tokens.shape) < 0.8)] = MASK  # expect: SDA101
        return torch.from_numpy(tokens), torch.from_numpy(labels)

    return collate


def swap_collate(batch, dice=random.Random(5)):
    for row in batch:
        if len(row) > 2:
            at = dice.randrange(len(row) - 1)  # expect: SDA101
            row[at], row[at + 1] = row[at + 1], row[at]
    return torch.from_numpy(pad(batch))


def noisy_collate(batch, gen, sigma):
    tokens = torch.from_numpy(pad(batch)).float()
    return tokens + torch.randn(tokens.shape, generator=gen) * sigma  # expect: SDA101


def fresh_collate(batch):
    rng = np.random.default_rng()
    tokens = pad(batch)
    tokens[rng.random(tokens.shape) < 0.1] = MASK  # harmless: new from the system for each batch
    return torch.from_numpy(tokens)


def build(encoded):
    data = Sentences(encoded)
    generator = torch.Generator().manual_seed(0)
    yield DataLoader(data, 32, num_workers=2, collate_fn=make_masking_collate(seed=3))
    yield DataLoader(data, 32, num_workers=2, collate_fn=swap_collate)
    yield DataLoader(data, 32, num_workers=2,
                     collate_fn=functools.partial(noisy_collate, gen=generator, sigma=0.1))
    yield DataLoader(data, 32, num_workers=2, collate_fn=fresh_collate)


def corpus(n, seed=0):
    state = np.random.RandomState(seed)
    return [state.randint(1000, 2000, 20).tolist() for _ in range(n)]  # harmless: main process


if __name__ == '__main__':
    for loader in build(corpus(1000)):
        print(next(iter(loader)))
