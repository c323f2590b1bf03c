"""The distribution of all that is drawn: on 2e7 values here, on 1.3e9 by `make stats`.

The coordinates are fixed, so the p-values are too: a test that passes once always passes. What is
tested, and the figures of the long run, are in docs/statistics.md.
"""

import os

import numpy as np
import pytest
import torch
from stats import battery
from stats.sources import AXES, FewRounds, Seedaug, SeedPlusIndex, congruential, xorshift

import seedaug
from seedaug import ops
from seedaug.schema import encode
from seedaug.transforms import crop, flip

LONG = os.environ.get("SEEDAUG_STATS") == "long"
BLOCKS = 256 if LONG else 4
LIMIT = 1e-9
"""Of one p-value; with some fifty of them an ideal generator would fail once in 2e7 seeds."""

pytestmark = pytest.mark.stats


def failures(p_values):
    return {name for name, p in p_values.items() if not p >= LIMIT}


def test_battery():
    p_values, values = battery.run(Seedaug(), AXES, BLOCKS)
    print(f"{values} values, {len(p_values)} tests, the least likely first")
    print(battery.table(p_values))
    assert values >= (10**9 if LONG else 10**7)
    assert len(p_values) * LIMIT < 1e-7
    assert failures(p_values) == set()


@pytest.mark.parametrize("step", [congruential, xorshift])
def test_control_fails(step):
    """A quarter of the battery's values find out that the coordinates were added up."""
    p_values, values = battery.run(SeedPlusIndex(step), AXES, 1)
    failed = failures(p_values)
    print(f"{values} values, {len(failed)} of {len(p_values)} tests fail")
    print(battery.table(p_values))
    for axis in AXES:
        assert f"chi-square: bits that differ, {axis}" in failed


@pytest.mark.parametrize("rounds", [3, 5, 6])
def test_few_rounds_fail(rounds):
    """What the battery can see: Philox itself, if it stopped early."""
    p_values, _ = battery.run(FewRounds(rounds), AXES, 2)
    print(f"{rounds} rounds: {len(failures(p_values))} of {len(p_values)} tests fail")
    print(battery.table(p_values))
    assert failures(p_values)


@pytest.mark.parametrize("axis", ["epoch", "worker", "index"])
def test_parameters(axis):
    """Crop offsets and flips of very many samples: every combination is equally frequent."""
    rows, columns, count = 7, 9, 1 << (20 if LONG else 18)
    given = {"seed": 5, "epoch": 1, "worker": 2, "index": 3} | {axis: np.arange(count)}
    instructions = [crop.random_crop(32), flip.horizontal_flip(), flip.vertical_flip(0.25)]
    program, values = encode([(one, 0) for one in instructions])
    drawn = ops.params(seedaug.keys(**given), program, values, 31 + rows, 31 + columns).numpy()
    top, left = drawn[:, 0, 0], drawn[:, 0, 1]
    cells = ((top * columns + left) * 2 + drawn[:, 1, 0]) * 2 + drawn[:, 2, 0]
    counts = np.bincount(cells, minlength=rows * columns * 4)
    shares = np.tile([0.75, 0.25], rows * columns * 2) / (rows * columns * 2)
    assert battery.chi_square(counts, shares) > LIMIT


def test_all_blocks_differ():
    """Philox is a bijection: 2^20 neighbouring coordinates give as many different blocks."""
    parts = [
        seedaug.keys(1, np.repeat(np.arange(64), 64), np.tile(np.arange(64), 64), index)
        for index in (*range(128), *range(2**32 - 128, 2**32))
    ]
    words = seedaug.functional.words(torch.cat(parts), 4).numpy().view(np.uint64)
    blocks = words.view([("low", np.uint64), ("high", np.uint64)]).reshape(-1)
    assert len(np.unique(blocks)) == len(blocks) == 1 << 20
