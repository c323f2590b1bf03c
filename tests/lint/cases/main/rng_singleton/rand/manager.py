import functools

import numpy as np
from numpy.random import default_rng


class RandomManager:
    _instance = None

    def __init__(self, seed):
        self.seed = seed
        self.numpy = default_rng(seed)

    @classmethod
    def get(cls):
        return cls._instance

    @classmethod
    def create(cls, seed):
        cls._instance = cls(seed)
        return cls._instance

    def chance(self, p):
        return self.numpy.random() < p  # expect: SDA101


@functools.lru_cache(maxsize=None)
def get_rng(name='default'):
    return default_rng(len(name))


shared = get_rng('shared')
manager = RandomManager.create(0)
