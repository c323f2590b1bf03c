"""Functions for workers that begin: methods, partials, lambdas, nested, with a seed of the loader."""
import random
from functools import partial

import numpy as np
import torch
import torch.utils.data as tud
from torchvision.datasets import FakeData
from torchvision.transforms import AutoAugment, Compose, ToTensor


def worker_init(worker_id, worker_seeding='all'):
    info = tud.get_worker_info()
    assert info.id == worker_id
    if worker_seeding:
        np.random.seed(info.seed % (2 ** 32 - 1))  # harmless: torch's seed for this worker
        random.seed(info.seed)  # harmless: torch's seed for this worker


def by_base(worker_id, base_seed, same=False):
    seed = base_seed if same else base_seed + worker_id
    np.random.seed(seed)  # expect: SDA302


def fixed(worker_id, value=2147483647):
    np.random.seed(value)  # expect: SDA301


def by_sequence(worker_id):
    sequence = np.random.SeedSequence([torch.initial_seed(), worker_id])
    np.random.seed(sequence.generate_state(4))  # harmless: torch's seed for this worker


def drawn(worker_id):
    np.random.seed(torch.randint(2 ** 31, (1,)).item())  # harmless: drawn from torch's, which has a seed per worker


def fresh(worker_id):
    np.random.seed()  # harmless: from the operating system


class LoaderFactory:
    def __init__(self, data, workers=4, seed=3):
        self.data, self.workers, self.seed = data, workers, seed

    def _init(self, worker_id):
        np.random.seed(self.seed * 1000 + worker_id)  # expect: SDA302

    def make(self, **kwargs):
        return tud.DataLoader(self.data, 64, num_workers=self.workers, **kwargs)

    def all(self):
        def numbered(worker_id):
            random.seed(worker_id)  # expect: SDA302

        yield self.make(worker_init_fn=self._init)
        yield self.make(worker_init_fn=numbered)
        yield self.make(worker_init_fn=partial(by_base, base_seed=3407))
        yield self.make(worker_init_fn=partial(worker_init, worker_seeding='all'))
        yield self.make(worker_init_fn=fixed)
        yield self.make(worker_init_fn=by_sequence)
        yield self.make(worker_init_fn=drawn)
        yield self.make(worker_init_fn=fresh)
        yield self.make(worker_init_fn=lambda k: np.random.seed(10 + k))  # expect: SDA302
        yield self.make(worker_init_fn=lambda k: np.random.seed((torch.initial_seed() + k) % 2 ** 32))  # harmless: by torch


def main():
    data = FakeData(transform=Compose([AutoAugment(), ToTensor()]))
    for loader in LoaderFactory(data).all():
        for images, labels in loader:
            print(images.shape, labels)
