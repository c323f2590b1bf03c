"""Data pipes, functional and by class."""
import random
from functools import partial

import numpy as np
import torch
from torchdata.datapipes.iter import FileLister, IterDataPipe, Mapper, functional_datapipe


def decode(path):
    with open(path, 'rb') as file:
        return np.frombuffer(file.read(), dtype=np.int16).astype(np.float32)


def shifted(wave, most):
    return np.roll(wave, np.random.randint(-most, most))  # expect: SDA102


@functional_datapipe('with_noise')
class NoiseAdder(IterDataPipe):
    def __init__(self, source, sigma):
        self.source = source
        self.sigma = sigma
        self.rng = np.random.default_rng(0)

    def __iter__(self):
        for wave in self.source:
            yield wave + self.rng.normal(0, self.sigma, len(wave))  # expect: SDA101


@functional_datapipe('muted')
class Muter(IterDataPipe):
    def __init__(self, source, p):
        self.source, self.p = source, p

    def __iter__(self):
        for wave in self.source:
            if random.random() < self.p:  # expect: SDA111
                continue
            yield wave


def pipeline(root, seed):
    names = FileLister(root, '*.pcm').shuffle().sharding_filter()
    waves = Mapper(names, decode).map(partial(shifted, most=800))
    waves = waves.with_noise(0.01).muted(0.1)
    return waves.map(lambda wave: wave * np.random.choice([-1, 1])).batch(16)  # expect: SDA102


def loader(root):
    return torch.utils.data.DataLoader(pipeline(root, 0), batch_size=None, num_workers=4)
