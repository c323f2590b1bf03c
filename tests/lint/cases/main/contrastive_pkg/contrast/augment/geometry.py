"""Geometry of time series."""
import numpy as np


def random_flip(x, p=0.5):
    return -x if np.random.rand() < p else x  # expect: SDA102


def random_shift(x, most=16):
    return np.roll(x, np.random.randint(-most, most), axis=-1)  # expect: SDA102


def centre(x):
    return x - x.mean(-1, keepdims=True)


def synthetic(n, length, seed=0):
    """Made-up series for the tests."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3, length))  # harmless: nothing in the loader calls this
