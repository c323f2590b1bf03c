"""RandomChannelPermutation: output channel c is input channel order[c]."""

from typing import NamedTuple

import numpy as np

from reference.pixels import Image
from reference.stream import bounded

MOST_CHANNELS = 64  # 16 blocks of parameters: the gate and a word a step
WORDS = ("gate", *(f"step{s}" for s in range(MOST_CHANNELS - 1)))


class Drawn(NamedTuple):
    order: tuple


def draw(words, channels):
    """The shuffle of an epoch's order, with the word of step s standing at s + 1."""
    assert 1 <= channels <= MOST_CHANNELS
    order = list(range(channels))
    for s in range(channels - 1):
        j, last = bounded(words[1 + s], channels - s), channels - 1 - s
        order[last], order[j] = order[j], order[last]
    return Drawn(tuple(order))


def apply(image, drawn):
    return Image(np.take(image.data, drawn.order, axis=-3), image.dtype)
