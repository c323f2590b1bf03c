"""Where the battery's words come from: seedaug's streams, and bad keyings that must fail.

A source gives blocks of words [streams, count] in which neighbouring rows are streams whose
coordinates differ by one along an axis, all other coordinates being equal.
"""

import numpy as np
import torch
from reference.philox import philox

import seedaug
from seedaug import _core
from seedaug import functional as F

AXES = ("index", "epoch", "worker", "kind", "occurrence")
SHAPES = {
    "index": ((256, 4096), (1 << 18, 4)),
    "epoch": ((256, 4096), (1 << 18, 4)),
    "worker": ((256, 4096), (1 << 18, 4)),
    "kind": ((127, 8192), (127, 8192)),
    "occurrence": ((32, 32768), (32, 32768)),
}
"""The shapes of blocks, in turn: long streams, and as here very many of which little is used."""

SEED = 20260101


def seed_of(axis):
    """Each axis has a seed of its own, so that no stream comes twice."""
    return SEED + AXES.index(axis)


def coordinates(axis, block, streams):
    """Where the rows of a block are: a dict of the five coordinates, of which one is an array."""
    at = {"index": 77 * block, "epoch": block, "worker": 3, "kind": 16, "occurrence": 0}
    first = {"kind": 1, "occurrence": 0}.get(axis, streams * block % (1 << 19))
    return at | {axis: np.arange(first, first + streams)}


class Seedaug:
    """What seedaug gives: words and normals of the native fills."""

    name = "seedaug"

    def words(self, axis, block):
        """Words [streams, count] of one block."""
        streams, count = SHAPES[axis][block % 2]
        at = coordinates(axis, block, streams)
        if axis in ("kind", "occurrence"):
            place = seedaug.Key(seed_of(axis), at["epoch"], at["worker"], at["index"]).packed()
            pairs = np.broadcast(at["kind"], at["occurrence"])
            return np.stack([_core.words(*place, *pair, 16, count) for pair in pairs])
        keys = seedaug.keys(seed_of(axis), at["epoch"], at["worker"], at["index"])
        return F.words(keys, count).numpy().view(np.uint32)

    def normals(self, words):
        """Normals of words [streams, count], by pairs."""
        return torch.ops.seedaug.box_muller(torch.from_numpy(words.view(np.int32))).numpy()


class FewRounds(Seedaug):
    """Philox with fewer rounds than ten, by the reference."""

    def __init__(self, rounds):
        self.name = f"Philox of {rounds} rounds"
        self.rounds = rounds

    def words(self, axis, block):
        streams, count = SHAPES[axis][block % 2]
        at = coordinates(axis, block, streams)
        parts = {name: np.asarray(part, np.uint64)[..., None] for name, part in at.items()}
        counter = np.empty((streams, count // 4, 4), np.uint64)
        counter[..., 0] = 16 + np.arange(count // 4)
        counter[..., 1] = parts["index"]
        counter[..., 2] = parts["epoch"] << np.uint64(8)
        counter[..., 3] = (
            parts["worker"] << np.uint64(12) | parts["kind"] << np.uint64(5) | parts["occurrence"]
        )
        return philox(counter, (seed_of(axis), 0), self.rounds).reshape(streams, count)


class SeedPlusIndex(Seedaug):
    """The control: all coordinates added up into the seed of a weak generator."""

    def __init__(self, step):
        self.name = f"seed + index, {step.__name__}"
        self.step = step

    def words(self, axis, block):
        streams, count = SHAPES[axis][block % 2]
        at = coordinates(axis, block, streams)
        state = sum(np.asarray(part, np.uint32) for part in at.values()) + np.uint32(seed_of(axis))
        made = np.empty((count, streams), np.uint32)
        for i in range(count):
            state = made[i] = self.step(state)
        return np.ascontiguousarray(made.T)


def congruential(state):
    """A linear congruential generator modulo 2^32, with the constants of Numerical Recipes."""
    return state * np.uint32(1664525) + np.uint32(1013904223)


def xorshift(state):
    """Marsaglia's xorshift of 32 bits."""
    state = state ^ (state << np.uint32(13))
    state = state ^ (state >> np.uint32(17))
    return state ^ (state << np.uint32(5))
