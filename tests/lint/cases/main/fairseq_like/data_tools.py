import contextlib

import numpy as np


@contextlib.contextmanager
def numpy_seed(seed, *more):
    """Seeds NumPy for a while, and puts its state back."""
    if seed is None:
        yield
        return
    if more:
        seed = int(hash((seed, *more)) % 10 ** 6)
    state = np.random.get_state()
    np.random.seed(seed)  # harmless: from seed, epoch and index; put back after
    try:
        yield
    finally:
        np.random.set_state(state)  # harmless: puts the state back


def batch_by_size(sizes, longest, seed):
    with numpy_seed(seed):
        order = np.random.permutation(len(sizes))  # harmless: the order, in the main process
    return np.array_split(order, max(1, sum(sizes) // longest))
