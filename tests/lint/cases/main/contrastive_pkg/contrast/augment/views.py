from functools import partial

import numpy as np

from . import geometry
from .geometry import random_flip as flip


def scale(x, low, high):
    return x * np.random.uniform(low, high)  # expect: SDA102


def default_views(low=0.8, high=1.25):
    return [flip, geometry.random_shift, partial(scale, low=low, high=high), geometry.centre]


class TwoViews:
    def __init__(self, steps):
        self.steps = steps

    def one(self, x):
        for step in self.steps:
            x = step(x)
        return x

    def __call__(self, x):
        return self.one(x), self.one(x)
