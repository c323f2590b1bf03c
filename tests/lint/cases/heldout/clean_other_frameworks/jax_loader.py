import jax
import numpy as np


class Batches:
    """An endless stream of batches for a script with one process."""

    def __init__(self, arrays, size, seed=0):
        self.arrays, self.size = arrays, size
        self.rng = np.random.default_rng(seed)

    def __iter__(self):
        while True:
            index = self.rng.integers(len(self.arrays), size=self.size)  # harmless: no torch, one process
            yield jax.numpy.asarray(self.arrays[index])


def main():
    key = jax.random.PRNGKey(0)
    for batch in Batches(np.zeros((10, 2)), 4):
        key, sub = jax.random.split(key)
        print(batch + jax.random.normal(sub, batch.shape))
