"""Broken loaders: a clear error in good time, and no process left behind."""

import os
import random
import time
from pathlib import Path

import check_fixtures as known
import numpy as np
import pytest
import torch
from check_fixtures import loader

import seedaug
from seedaug.check import CheckError, Verdict
from seedaug.check.stage import _sentence


def processes():
    """The running processes of this one's descent, or of a group of the check's."""
    found = set()
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                name, _, rest = (path / "stat").read_text().rpartition(")")
                arguments = (path / "cmdline").read_bytes()
            except OSError:
                continue
            if rest.split()[0] not in "ZX" and arguments == MINE:
                found.add((path.name, name))
    return found


MINE = Path("/proc/self/cmdline").read_bytes() if Path("/proc/self").is_dir() else b""


@pytest.fixture(autouse=True)
def nothing_left():
    """No process of this program's more than before."""
    before = processes()
    yield
    until = time.monotonic() + 5
    while processes() - before and time.monotonic() < until:
        time.sleep(0.05)
    assert processes() <= before


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("raises", "sample 4, 5: OSError: photo_5.jpg is truncated"),
        ("exits", "sample 5: a worker process ended (exit status 3)"),
        ("segfaults", "sample 5: a worker process ended (signal SIGSEGV)"),
    ],
)
@pytest.mark.parametrize("workers", [0, 2])
def test_a_sample_that_breaks(how, text, workers):
    broken = known.Breaks(how)
    started = time.monotonic()
    with pytest.raises(CheckError, match="the loader is broken: at epoch 0, worker ") as caught:
        seedaug.check_loader(loader(broken, num_workers=workers), seconds=30)
    assert text in str(caught.value)
    assert time.monotonic() - started < 25


def test_an_error_of_several_lines_is_told_whole():
    text = (
        "ValueError: Caught ValueError in DataLoader worker process 0.\n"
        "Original Traceback (most recent call last):\n"
        '  File "a.py", line 3, in seed\n    rng.seed(x)\n'
        "ValueError: wanted are: None,\nint and str\n"
    )
    expected = "ValueError: wanted are: None, int and str (Caught ValueError in DataLoader worker"
    assert _sentence(ValueError(), text).startswith(expected)


@pytest.mark.parametrize("how", ["hangs", "ignores"])
def test_a_worker_that_hangs(how):
    started = time.monotonic()
    with pytest.raises(CheckError, match=r"the loader hangs, or is slow: .* sample 4, 5; give"):
        seedaug.check_loader(loader(known.Breaks(how)), seconds=4)
    assert time.monotonic() - started < 15


def test_only_the_main_process_breaks():
    """What fails in a run that varies something is a line of the table, not an error."""
    report = seedaug.check_loader(loader(known.OnlyInWorkers()), max_samples=300, seconds=11)
    outcomes = {s.setting: s.outcome for s in report.scenarios}
    assert "failed: " in outcomes["0 workers (main process)"]
    assert report.healthy


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda: loader(known.Rows(), worker_init_fn=known.init_raises), "no such device"),
        (lambda: loader([]), "the loader is empty: its sampler gives no index"),
        (lambda: loader(known.Stream(count=0)), "the loader is empty: its workers gave no sample"),
        (lambda: loader(known.Rows(), sampler=known.BrokenSampler()), "no weights"),
        (lambda: loader(known.Rows(), multiprocessing_context="spawn",
                        collate_fn=lambda batch: batch), "(?i)pickle"),
    ],
)  # fmt: skip
def test_other_broken_loaders(made, text):
    with pytest.raises(CheckError, match=text):
        seedaug.check_loader(made(), seconds=20)


def test_slow_samples_are_looked_at_in_part():
    started = time.monotonic()
    report = seedaug.check_loader(loader(known.Slow()), seconds=6)
    assert time.monotonic() - started < 12
    assert report.verdict is Verdict.REPEATS_ACROSS_WORKERS


@pytest.mark.parametrize("workers", [0, 2])
def test_nothing_changes_for_the_caller(workers, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    dataset = known.HeldGenerator()
    generator = torch.Generator().manual_seed(1)
    given = loader(dataset, num_workers=workers, generator=generator, shuffle=True)
    states = [
        lambda: str(np.random.get_state()),
        lambda: str(random.getstate()),
        lambda: torch.get_rng_state().tolist(),
        lambda: generator.get_state().tolist(),
        lambda: str(dataset.rng.bit_generator.state),
        lambda: dict(os.environ),
        lambda: np.random.default_rng,
        lambda: torch.get_num_threads(),
        lambda: sorted(vars(given)),
    ]
    before = [state() for state in states]
    seedaug.check_loader(given, max_samples=200, seconds=11)
    assert [state() for state in states] == before


def test_a_loader_that_runs_goes_on():
    """Its persistent workers are the caller's, and stay so."""
    given = loader(known.Rows(), persistent_workers=True)
    running = iter(given)
    first = next(running)[1].tolist()
    workers = [worker.pid for worker in running._workers]
    report = seedaug.check_loader(given, max_samples=200, seconds=11)
    assert report.healthy
    rest = [index for _, batch in running for index in batch.tolist()]
    assert first + rest == list(range(known.COUNT))
    assert workers == [worker.pid for worker in iter(given)._workers]
    given._iterator._shutdown_workers()


def test_shared_epochs_are_set_back():
    keyed, seeded = known.Keyed(), known.seeded()
    keyed.set_epoch(7)
    seeded.set_epoch(5)
    for dataset in (keyed, seeded):
        seedaug.check_loader(loader(dataset), max_samples=200, seconds=11)
    assert (keyed.epoch, seeded.epoch) == (7, 5)


def test_seedaugs_loader_goes_on_where_it_was():
    given = seedaug.DataLoader(known.seeded(), batch_size=8, shuffle=True)
    running = iter(given)
    next(running)
    state = given.state_dict()
    seedaug.check_loader(given, max_samples=200, seconds=11)
    assert given.state_dict() == state
    assert len(list(running)) == 5


@pytest.mark.parametrize(
    ("given", "options", "error", "text"),
    [
        (known.Rows(), {}, TypeError, "check_loader needs a torch.utils.data.DataLoader, got Rows"),
        (None, {"max_samples": 3}, ValueError, "max_samples must be 48 or more, got 3"),
        (None, {"seconds": 0}, ValueError, "seconds must be 1 or more, and finite, got 0"),
        (None, {"workers": 1}, ValueError, "workers must be from 2 to 64, got 1"),
        (None, {"epochs": 1}, ValueError, "epochs must be from 2 to 16, got 1"),
    ],
)
def test_wrong_arguments(given, options, error, text):
    with pytest.raises(error, match=text):
        seedaug.check_loader(loader(known.Rows()) if given is None else given, **options)


def test_in_a_worker_process():
    inside = loader(known.Checking(), num_workers=1)
    running = iter(inside)
    with pytest.raises(CheckError, match="check_loader was called in a worker process"):
        next(running)
    running._shutdown_workers()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="only Linux hands orphans on")
@pytest.mark.parametrize("how", ["group", "session"])
def test_what_leaves_the_group_ends_too(how):
    with pytest.raises(CheckError, match="hangs, or is slow"):
        seedaug.check_loader(loader(known.Leaves(how)), seconds=4)


def test_attributes_that_raise_anything():
    class Closed(known.Leaves):
        def __getattr__(self, name):
            raise RuntimeError(f"there is no {name}")

    with pytest.raises(CheckError, match="there is no __getitems__"):
        seedaug.check_loader(loader(Closed("never")), seconds=10)
