"""Iterable datasets: draws that repeat, and data that is not split over workers, told apart."""

import check_fixtures as known
import pytest
from check_fixtures import loader
from torch.utils.data.datapipes.iter import IterableWrapper

import seedaug
from seedaug.check import Verdict, scenarios

WORKERS = Verdict.REPEATS_ACROSS_WORKERS
EPOCHS = Verdict.REPEATS_ACROSS_EPOCHS
RESUME = Verdict.NOT_RESUMABLE


@pytest.fixture(autouse=True)
def no_spawning(monkeypatch):
    monkeypatch.setattr(scenarios, "_SPAWN_SECONDS", 1e9)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (known.Stream(), {Verdict.DETERMINISTIC}),
        (known.Stream(draw="held"), {WORKERS, EPOCHS}),
        (known.Stream(draw="global"), {RESUME}),
        (known.Stream(split=False), {Verdict.DUPLICATED}),
        (known.Stream(split=False, draw="global"), {Verdict.DUPLICATED, RESUME}),
        (known.Stream(split=False, draw="held"), {WORKERS, EPOCHS}),
        (known.Endless(), {RESUME}),
        (known.ShuffledByEpoch(), {Verdict.HEALTHY}),
        (known.ShuffledByEpoch(draw="global"), {RESUME}),
        (known.ShuffledByHeld(), {EPOCHS}),
    ],
    ids=str,
)
@pytest.mark.parametrize("batch_size", [4, None])
def test_streams(stream, expected, batch_size):
    report = seedaug.check_loader(loader(stream, batch_size=batch_size), max_samples=400)
    assert set(report.verdicts) == expected, str(report)
    if WORKERS in expected:
        assert "dataset.rng" in report.findings[0].culprits[0]
        assert "Stream.noise" in report.findings[0].culprits[0]


def test_a_shuffled_and_dealt_out_data_pipe():
    pipe = IterableWrapper(range(64)).shuffle().sharding_filter()
    report = seedaug.check_loader(loader(pipe), max_samples=400)
    assert report.healthy, str(report)


def test_a_persistent_stream():
    stream = known.Stream(draw="held")
    report = seedaug.check_loader(loader(stream, persistent_workers=True), max_samples=400)
    assert report.verdicts[0] is WORKERS
    assert EPOCHS not in report.verdicts


def test_a_seeded_stream_is_healthy():
    stream = seedaug.SeededIterableDataset(known.Stream(), 0, known.jitter_of_seedaug)
    for made in (
        seedaug.DataLoader(stream, batch_size=4, num_workers=2),
        loader(stream),
    ):
        assert seedaug.check_loader(made, max_samples=400).verdicts == (Verdict.HEALTHY,)
