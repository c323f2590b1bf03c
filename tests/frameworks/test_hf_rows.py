"""SeededDataset over `datasets.Dataset`: rows come by `__getitems__`, the same as single ones."""

import timeit

import numpy as np
import pytest
import torch
from torch.utils.data import Subset

import seedaug

datasets = pytest.importorskip("datasets")
COUNT = 48


def rows(**more):
    generator = np.random.default_rng(0)
    columns = {
        "id": [*range(COUNT)],
        "vector": generator.random((COUNT, 3)).tolist(),
        "name": [f"photo {i}" for i in range(COUNT)],
        "ragged": [[*range(i % 4)] for i in range(COUNT)],
        "score": [float("nan") if i % 7 == 0 else i / 7 for i in range(COUNT)],
    }
    return datasets.Dataset.from_dict({**columns, **more})


def with_gaps():
    """Here a format gives integers alone, and floats beside a row that has none."""
    return rows(big=[None if i % 5 == 0 else 2**53 + i for i in range(COUNT)])


def a_draw(row):
    return {**row, "draw": int(seedaug.rng().integers(2**40))}


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if type(a) is not type(b):
        return False
    if isinstance(a, (torch.Tensor, np.ndarray, np.generic)):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan="float" in str(a.dtype))
    return a == b or a != a


def drawn_inside(batch):
    count = len(batch["id"])
    return {**batch, "inside": [int(seedaug.rng().integers(2**40)) for _ in range(count)]}


CASES = {
    "plain": rows,
    "torch": lambda: rows().with_format("torch"),
    "numpy": lambda: rows().with_format("numpy"),
    "gaps": with_gaps,
    "gaps in torch": lambda: with_gaps().with_format("torch"),
    "gaps in numpy": lambda: with_gaps().with_format("numpy"),
    "some columns": lambda: rows().with_format("torch", columns=["id", "vector"]),
    "shuffled": lambda: rows().shuffle(seed=1).with_format("torch"),
    "a transform that draws": lambda: rows().with_transform(drawn_inside),
    "a subset": lambda: Subset(rows().with_format("numpy"), [5, 5, 0, *range(COUNT - 3)]),
}


@pytest.mark.parametrize("seed_globals", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_the_bytes_are_those_of_single_rows(case, seed_globals):
    def seeded():
        return seedaug.SeededDataset(CASES[case](), 3, transform=a_draw, seed_globals=seed_globals)

    alone = seeded()
    wanted = [alone[index] for index in range(COUNT)]
    for size in (1, 7, COUNT):
        for workers in (0, 2) if size == 7 else (0,):
            loader = seedaug.DataLoader(seeded(), size, num_workers=workers, collate_fn=list)
            made = [row for batch in loader for row in batch]
            assert len(made) == COUNT
            assert all(map(same, made, wanted))


@pytest.mark.filterwarnings("ignore::seedaug.RepeatedEpochWarning")
@pytest.mark.parametrize("layout", [None, "torch"])
def test_what_a_row_costs(layout):
    """Measured 1.2 to 2.4 times the library's own batches; one by one it is 8 to 12 times."""
    plain = rows().with_format(layout)
    seeded = seedaug.SeededDataset(plain, 3)
    batch = [*range(COUNT)]
    ours, theirs = (
        min(timeit.repeat(lambda d=d: d.__getitems__(batch), number=3, repeat=15))
        for d in (seeded, plain)
    )
    assert ours < 5 * theirs
