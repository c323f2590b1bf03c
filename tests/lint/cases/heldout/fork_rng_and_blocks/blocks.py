import contextlib
import random

import numpy as np
import torch


@contextlib.contextmanager
def sample_seed(index):
    """Python's generator for one sample."""
    state = random.getstate()
    random.seed(index)  # allow: SDA202
    yield
    random.setstate(state)  # harmless: puts the state back


@contextlib.contextmanager
def torch_block(seed, epoch, index):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(hash((seed, epoch, index)) % 2 ** 63)  # harmless: index and epoch
        yield


@contextlib.contextmanager
def quiet_numpy():
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)  # harmless: puts the state back
