"""Sections 2 to 4 and 7: coordinates, streams, words, and what is drawn from them."""

from dataclasses import dataclass

import numpy as np

from reference.fma import fma
from reference.philox import philox

KINDS = {
    "random_crop": 1,
    "center_crop": 2,
    "pad": 3,
    "horizontal_flip": 4,
    "vertical_flip": 5,
    "to_dtype": 6,
    "normalize": 7,
    "gaussian_noise": 8,
    "clamp": 9,
    "words": 16,
    "uniform": 17,
    "normal": 18,
    "shuffle": 24,
    "numpy_generator": 25,
    "torch_generator": 26,
    "python_random": 27,
    "global_numpy": 28,
    "global_torch": 29,
    "global_python": 30,
    "numpy_derived": 31,
}

PARAM_BLOCKS = 16


def _signed(x):
    return x - (1 << 64) if x >= 1 << 63 else x


@dataclass(frozen=True)
class Coordinates:
    """The name of a sample."""

    seed: int = 0
    epoch: int = 0
    worker: int = 0
    index: int = 0

    def __post_init__(self):
        assert -(1 << 63) <= self.seed < 1 << 64
        assert 0 <= self.epoch < 1 << 24
        assert 0 <= self.worker < 1 << 20
        assert 0 <= self.index < 1 << 40

    def key(self):
        """The Philox key (k0, k1)."""
        seed = self.seed % (1 << 64)
        return seed & 0xFFFFFFFF, seed >> 32

    def counter(self, kind=0, occurrence=0, block=0):
        """The Philox counter (c0, c1, c2, c3)."""
        assert 0 <= kind < 1 << 7
        assert 0 <= occurrence < 1 << 5
        return (
            block,
            self.index & 0xFFFFFFFF,
            self.epoch << 8 | self.index >> 32,
            self.worker << 12 | kind << 5 | occurrence,
        )

    def packed(self):
        """The three signed 64-bit integers in which a key travels."""
        c0, c1, c2, c3 = self.counter()
        return _signed(self.seed % (1 << 64)), _signed(c0 | c1 << 32), _signed(c2 | c3 << 32)


@dataclass(frozen=True)
class Stream:
    """The blocks of one kind and occurrence at one place."""

    at: Coordinates
    kind: int
    occurrence: int = 0

    def blocks(self, first, count):
        """Blocks first ... first + count - 1, as uint32 [count, 4]."""
        counter = np.empty((count, 4), np.uint64)
        counter[:] = self.at.counter(self.kind, self.occurrence)
        counter[:, 0] = np.arange(first, first + count, dtype=np.uint64)
        return philox(counter, self.at.key())

    def parameters(self, blocks=1):
        """The words of the first blocks, as Python integers."""
        assert blocks <= PARAM_BLOCKS
        return [int(word) for word in self.blocks(0, blocks).reshape(-1)]

    def elements(self, count, first=0):
        """The words of elements first ... first + count - 1."""
        before = first % 4
        blocks = self.blocks(PARAM_BLOCKS + first // 4, (before + count + 3) // 4)
        return blocks.reshape(-1)[before : before + count]


def gate(word, p):
    """Whether the gate of probability p is open; Python's floats are binary64."""
    return int(word) < int(p * 2.0**32 + 0.5)


def bounded(word, n):
    """The integer in [0, n) of a word."""
    return (int(word) * n) >> 32


def uniform(words):
    """The uniforms in [0, 1) of words, as float32."""
    return (words >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def between(word, low, high):
    """The uniform of a word in [low, high], which are first rounded to float32; never beyond."""
    low, high = np.float32(low), np.float32(high)
    return fma(uniform(np.uint32(word)), high - low, low)


def shuffle(seed, epoch, worker, n):
    """The order of n indices in an epoch."""
    stream = Stream(Coordinates(seed=seed, epoch=epoch, worker=worker), KINDS["shuffle"])
    order = list(range(n))
    words = stream.elements(max(n - 1, 0))
    for s in range(n - 1):
        j = bounded(words[s], n - s)
        order[n - 1 - s], order[j] = order[j], order[n - 1 - s]
    return np.array(order, np.int64)
