"""Two ranks under torchrun against one process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from data_fixtures import COUNT, PYTHONPATH, seeded

import seedaug

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available() or not torch.distributed.is_gloo_available(),
    reason="this torch has no gloo",
)


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """What each of two ranks loaded: for worker=0, worker="rank", and a stream."""
    folder = tmp_path_factory.mktemp("ranks")
    program = Path(__file__).with_name("data_fixtures.py")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, **PYTHONPATH, "OMP_NUM_THREADS": "1"}
    subprocess.run([*launcher, program, "rank", folder], check=True, timeout=120, env=environment)
    return [torch.load(folder / f"rank{rank}.pt") for rank in range(2)]


def interleaved(ranks, kind, part):
    return torch.stack([rank[kind][part] for rank in ranks], dim=1).flatten(0, 1)


def test_two_ranks_are_one_epoch(ranks):
    loader = seedaug.DataLoader(seeded(return_key=True), batch_size=16, shuffle=True)
    loader.set_epoch(2)
    rows, keys = (torch.cat(part) for part in zip(*loader, strict=True))
    assert torch.equal(interleaved(ranks, 0, 0)[:COUNT], rows)
    assert torch.equal(interleaved(ranks, 0, 1)[:COUNT], keys)
    filled = seedaug.Key.unpack(interleaved(ranks, 0, 1)[COUNT])
    assert (filled.index, filled.worker) == (int(rows[0, 0]), 1)


def test_ranks_as_workers(ranks):
    for rank, passes in enumerate(ranks):
        workers = [seedaug.Key.unpack(key).worker for key in passes[1][1]]
        assert set(workers[:-1]) == {rank}
    same = [bool((passes[0][0] == passes[1][0])[:50].all()) for passes in ranks]
    assert same == [True, False]


def test_ranks_of_a_stream(ranks):
    for rank, passes in enumerate(ranks):
        assert [seedaug.Key.unpack(key).worker for key in passes[2][1]] == [rank] * 6
