"""Samplers: they draw in the main process, whatever they draw from."""
import random
from collections import defaultdict

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, Sampler


class IdentitySampler(Sampler):
    """N people, K pictures of each."""

    def __init__(self, labels, n, k, seed=0):
        self.by_label = defaultdict(list)
        for i, label in enumerate(labels):
            self.by_label[label].append(i)
        self.n, self.k = n, k
        self.rng = np.random.RandomState(seed)

    def __iter__(self):
        people = list(self.by_label)
        self.rng.shuffle(people)  # harmless: a sampler
        for person in people:
            pool = self.by_label[person]
            yield from np.random.choice(pool, self.k, replace=len(pool) < self.k)  # harmless: a sampler

    def __len__(self):
        return len(self.by_label) * self.k


class EpisodeBatches(BatchSampler):
    def __init__(self, classes, way, shot, episodes):
        self.classes, self.way, self.shot, self.episodes = classes, way, shot, episodes
        self.generator = torch.Generator()

    def __iter__(self):
        for _ in range(self.episodes):
            batch = []
            for c in torch.randperm(len(self.classes), generator=self.generator)[:self.way]:  # harmless: a sampler
                batch += random.sample(self.classes[c], self.shot)  # harmless: a sampler
            yield batch

    def __len__(self):
        return self.episodes


class BucketSampler:
    """Batches of like lengths; not a Sampler by name, given to the loader as one."""

    def __init__(self, lengths, size):
        self.lengths, self.size = np.array(lengths), size
        self.rng = np.random.default_rng(7)

    def __iter__(self):
        noisy = self.lengths + self.rng.uniform(0, 10, len(self.lengths))  # harmless: a sampler
        batches = np.array_split(np.argsort(noisy), len(noisy) // self.size)
        np.random.shuffle(batches)  # harmless: a sampler
        return iter(batches)


def loader(data, lengths):
    return DataLoader(data, batch_sampler=BucketSampler(lengths, 16), num_workers=4)
