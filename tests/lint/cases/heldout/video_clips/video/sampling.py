import math
from functools import partial

import numpy as np


def uniform_frames(total, n):
    return np.linspace(0, total - 1, n).astype(int)


def random_frames(total, n, rng=np.random):
    """n segments, and a frame out of each."""
    bounds = np.linspace(0, total, n + 1)
    offsets = rng.uniform(0, 1, n)  # expect: SDA102
    return (bounds[:-1] + offsets * np.diff(bounds)).astype(int)


def dense_frames(total, n, stride, state):
    span = n * stride
    start = state.randint(0, max(1, total - span))  # expect: SDA101
    return np.minimum(np.arange(start, start + span, stride), total - 1)


def jittered_scale(low, high, seed):
    rng = np.random.default_rng(seed)

    def scale():
        return math.exp(rng.uniform(math.log(low), math.log(high)))  # expect: SDA101

    return scale


def make(kind, n, seed=0):
    if kind == 'dense':
        return partial(dense_frames, n=n, stride=2, state=np.random.RandomState(seed))
    return {'uniform': partial(uniform_frames, n=n), 'random': partial(random_frames, n=n)}[kind]
