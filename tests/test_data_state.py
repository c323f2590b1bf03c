"""state_dict and load_state_dict: a run resumes in mid-epoch, even after SIGKILL."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from data_fixtures import COUNT, PYTHONPATH, Counting, Stream, rows, seeded
from torch.utils.data import ChainDataset, IterableDataset, get_worker_info

import seedaug


def make(workers=0, dataset=None, **options):
    if workers:
        options["persistent_workers"] = True
    return seedaug.DataLoader(
        seeded() if dataset is None else dataset, 7, shuffle=True, num_workers=workers, **options
    )


def first_batches(loader, count):
    got = [batch for _, batch in zip(range(count), loader, strict=False)]
    return torch.cat(got)


@pytest.mark.parametrize(("before", "after"), [(0, 2), (2, 0), (2, 1)])
def test_a_pass_goes_on_where_it_stopped(before, after):
    whole = make()
    expected = [rows(whole) for _ in range(3)][1:]
    loader = make(before)
    rows(loader)
    start = first_batches(loader, 4)
    state = json.loads(json.dumps(loader.state_dict()))
    order = f"{COUNT} samples, shuffled"
    place = {"seed": 3, "epoch": 1, "batch": 4, "samples": 28}
    assert state == {**place, "order": order, "stream_version": 1}
    resumed = make(after)
    resumed.load_state_dict(state)
    assert resumed.state_dict() == state
    assert torch.equal(torch.cat([start, rows(resumed)]), expected[0])
    assert torch.equal(rows(resumed), expected[1])


def test_no_sample_is_loaded_twice():
    first, second = Counting(), Counting()
    loader = make(1, first, seed=3)
    [*zip(range(5), loader, strict=False)]
    resumed = make(2, second, seed=3)
    resumed.load_state_dict(loader.state_dict())
    handed = torch.cat([*resumed])
    assert len(handed) == COUNT - 35
    assert (second.loads.nonzero().squeeze() == handed.sort().values).all()
    assert second.loads.sum() == len(handed)


def test_states_between_passes():
    loader = make()
    assert loader.state_dict()["epoch"] == 0
    rows(loader)
    state = loader.state_dict()
    assert (state["epoch"], state["batch"]) == (0, len(loader))
    resumed = make()
    resumed.load_state_dict(state)  # taken in the last turn of the loop: the rest is empty
    assert [*resumed] == []
    assert torch.equal(rows(resumed), rows(loader))


def read_rows(path):
    lines = [line for line in Path(path).read_text().splitlines(keepends=True) if line[-1] == "\n"]
    return [json.loads(line) for line in lines]


def test_a_killed_run_resumes(tmp_path):
    path = tmp_path / "rows.jsonl"
    program = Path(__file__).with_name("data_fixtures.py")
    process = subprocess.Popen(
        [sys.executable, program, "killed", path, "2"], env={**os.environ, **PYTHONPATH}
    )
    try:
        deadline = time.monotonic() + 60
        while not path.exists() or len(path.read_text().splitlines()) < 20:
            assert process.poll() is None, "the run ended by itself"
            assert time.monotonic() < deadline, "the run gives no batches"
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    handed = read_rows(path)
    state = handed[-1][0]
    of_epoch = [batch for seen, batch in handed if seen["epoch"] == state["epoch"]]
    start = torch.tensor([row for batch in of_epoch for row in batch])
    loader, whole = make(1), make()
    loader.load_state_dict(state)
    whole.set_epoch(state["epoch"])
    rest = [*loader]
    assert torch.equal(torch.cat([start, *rest]), rows(whole))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"seed": 4}, ValueError, "the state is of seed 4, this loader of 3"),
        ({"stream_version": 99}, ValueError, "stream version 99, this seedaug draws version 1"),
        ({"stream_version": 1.0}, TypeError, "stream_version must be an integer, got 1.0"),
        ({"stream_version": True}, TypeError, "stream_version must be an integer, got True"),
        (
            {"samples": COUNT + 1},
            ValueError,
            f"sample {COUNT + 1} is beyond the {COUNT} of an epoch",
        ),
        (
            {"order": "7 samples, shuffled"},
            ValueError,
            "of another order: .* '7 samples, shuffled'",
        ),
        ({"samples": -1}, ValueError, "samples must be from 0 up, got -1"),
        ({"batch": -1}, ValueError, "batch must be from 0 up, got -1"),
        ({"batch": 1.0}, TypeError, "batch must be an integer, got 1.0"),
        ({"batch": True}, TypeError, "batch must be an integer, got True"),
        ({"epoch": 2**24}, ValueError, "epoch must be from 0"),
        ({"epoch": 1.0}, TypeError, "epoch must be an integer"),
    ],
)
def test_states_that_do_not_fit(change, error, text):
    loader = make()
    with pytest.raises(error, match=text):
        loader.load_state_dict({**loader.state_dict(), **change})


def test_a_state_without_samples_counts_batches():
    old = {"seed": 3, "epoch": 1, "batch": 4, "stream_version": 1}
    new, resumed = make(), make()
    new.load_state_dict({**old, "samples": 28})
    resumed.load_state_dict(old)
    assert torch.equal(rows(resumed), rows(new))
    with pytest.raises(
        ValueError, match=r"batch 16 is beyond the 15 batches .* another batch_size"
    ):
        make().load_state_dict({**old, "batch": 16})


def test_more_errors():
    with pytest.raises(ValueError, match=r"the state lacks \['batch', 'stream_version'\]"):
        make().load_state_dict({"seed": 3, "epoch": 0})
    with pytest.raises(RuntimeError, match="in_order=False and workers has no state"):
        make(1, in_order=False).state_dict()
    with pytest.raises(TypeError, match=r"the state must be a dict, .* got None"):
        make().load_state_dict(None)


class Unsized:
    """A batch sampler without a length."""

    def __iter__(self):
        return iter([[0, 1], [2, 3], [4]])


@pytest.mark.parametrize("workers", [0, 1])
def test_an_order_of_unknown_length_resumes(workers):
    def loader():
        return make_unshuffled(batch_sampler=Unsized(), num_workers=workers)

    state = {"seed": 3, "epoch": 0, "batch": 2, "stream_version": 1}
    resumed, beyond = loader(), loader()
    resumed.load_state_dict(state)
    assert torch.equal(rows(resumed), rows(loader())[4:])
    beyond.load_state_dict({**state, "batch": 4})
    with pytest.raises(ValueError, match="batch 4 is beyond the 3 batches"):
        next(iter(beyond))


def make_unshuffled(**options):
    return seedaug.DataLoader(seeded(), **options)


def test_a_state_in_mid_pass_is_of_the_pass_whatever_is_next():
    loader = make()
    running = iter(loader)
    next(running)
    loader.set_epoch(7)
    assert (loader.state_dict()["epoch"], loader.state_dict()["batch"]) == (7, 0)
    next(running)
    assert (loader.state_dict()["epoch"], loader.state_dict()["batch"]) == (0, 2)
    rows(loader)
    assert loader.state_dict()["epoch"] == 7


def test_a_state_is_of_the_pass_that_moved_last():
    loader = make()
    first, second = iter(loader), iter(loader)
    next(first)
    next(second)
    assert loader.state_dict()["epoch"] == 1
    next(first)
    assert (loader.state_dict()["epoch"], loader.state_dict()["batch"]) == (0, 2)


def test_persistent_workers_serve_one_pass_at_a_time():
    loader = make(1)
    first = iter(loader)
    next(first)
    second = iter(loader)
    next(first)  # a pass begins with its first batch
    begun = [next(second)]
    with pytest.raises(RuntimeError, match="this pass ended when another was begun"):
        next(first)
    assert len([*begun, *second]) == loader.state_dict()["batch"] == len(loader)
    next(iter(loader))
    assert next(second, None) is None  # it had ended by itself


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_resumes_with_the_same_workers(workers):
    def loader():
        stream = seedaug.SeededIterableDataset(Stream(), seed=3, transform=draw_and_index)
        return seedaug.DataLoader(stream, batch_size=7, num_workers=workers)

    whole, stopped, resumed = loader(), loader(), loader()
    [rows(part) for part in (whole, stopped)]
    start = first_batches(stopped, 5)
    resumed.load_state_dict(stopped.state_dict())
    assert torch.equal(torch.cat([start, rows(resumed)]), rows(whole))
    again = rows(resumed)
    assert len(again) == COUNT
    assert torch.equal(again, rows(whole))


def draw_and_index(index):
    return torch.tensor([index, int(seedaug.rng().integers(2**40))])


class Uneven(IterableDataset):
    """0 … 19, of which worker 0 has the first four only."""

    def __iter__(self):
        info = get_worker_info()
        parts = [range(20)] if info is None else [range(4), range(4, 20)]
        return iter(parts[0 if info is None else info.id])


class Holding(IterableDataset):
    """The samples of a seeded dataset, one after another."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __iter__(self):
        return (self.dataset[index] for index in range(len(self.dataset)))


def stream_of(source):
    return seedaug.SeededIterableDataset(source, seed=3, transform=draw_and_index)


@pytest.mark.parametrize(
    ("make_stream", "workers"),
    [
        (lambda: stream_of(Uneven()), 2),
        (lambda: ChainDataset([stream_of(Stream(9)), stream_of(Stream(4))]), 0),
        (lambda: ChainDataset([stream_of(Stream(9)), stream_of(Stream(4))]), 2),
        (lambda: Holding(seeded(13)), 0),
        (lambda: Holding(seeded(13)), 1),
    ],
)
def test_a_stream_of_any_shape_resumes_at_any_batch(make_stream, workers):
    def loader():
        return seedaug.DataLoader(make_stream(), batch_size=2, num_workers=workers)

    whole = loader()
    whole.set_epoch(1)
    expected = [*whole]
    after = [*whole]
    for handed in (1, len(expected) // 2, len(expected) - 1, len(expected)):
        resumed = loader()
        resumed.load_state_dict({"seed": 3, "epoch": 1, "batch": handed, "stream_version": 1})
        rest = [*resumed]
        assert len(rest) == len(expected) - handed
        assert all(map(torch.equal, rest, expected[handed:]))
    assert torch.equal(rows(resumed), torch.cat(after))
    assert not torch.equal(torch.cat(after), torch.cat(expected))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_state_beyond_the_end_of_a_stream(workers):
    loader = seedaug.DataLoader(stream_of(Stream(13)), batch_size=2, num_workers=workers)
    loader.load_state_dict({"seed": 3, "epoch": 0, "batch": 9, "stream_version": 1})
    with pytest.raises(ValueError, match=r"batch 9 is beyond the [78] batches"):
        next(iter(loader))


def test_a_resumed_stream_by_itself_begins_at_its_start():
    stream = stream_of(Stream())
    loader = seedaug.DataLoader(stream, batch_size=7)
    loader.load_state_dict({"seed": 3, "epoch": 0, "batch": 2, "stream_version": 1})
    assert len(rows(loader)) == COUNT - 14
    stream.set_epoch(0)
    assert len([*stream]) == COUNT


# --- When a pass begins, and what set_epoch does to a loaded state -------------------------------


def resumed_at(epoch, batch):
    loader = make()
    loader.load_state_dict({"seed": 3, "epoch": epoch, "batch": batch, "stream_version": 1})
    return loader


def of_epoch(epoch):
    loader = make()
    loader.set_epoch(epoch)
    return rows(loader)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("setter", ["loader", "sampler", "batch_sampler", "dataset"])
def test_a_pass_heeds_set_epoch_until_its_first_batch(setter, workers):
    loader = make(workers)
    running = iter(loader)
    (loader if setter == "loader" else getattr(loader, setter)).set_epoch(5)
    assert torch.equal(torch.cat([*running]), of_epoch(5))
    assert torch.equal(rows(loader), of_epoch(6))


@pytest.mark.parametrize("setter", ["loader", "sampler", "batch_sampler", "dataset"])
def test_setting_the_epoch_of_a_loaded_state_does_not_rewind(setter):
    loader = resumed_at(2, 3)
    running = iter(loader)
    (loader if setter == "loader" else getattr(loader, setter)).set_epoch(2)
    assert torch.equal(torch.cat([*running]), of_epoch(2)[21:])
    loader.set_epoch(2)  # begun since: from the start
    assert torch.equal(rows(loader), of_epoch(2))


def test_setting_another_epoch_leaves_a_loaded_state():
    loader = resumed_at(2, 3)
    loader.sampler.set_epoch(3)
    assert torch.equal(rows(loader), of_epoch(3))
    loader = resumed_at(2, 3)
    loader.set_epoch(1)
    assert torch.equal(rows(loader), of_epoch(1))


@pytest.mark.parametrize("setter", ["sampler", "batch_sampler", "dataset"])
def test_a_framework_that_counts_from_0_after_a_resume_is_told(setter):
    loader = resumed_at(2, 3)
    getattr(loader, setter).set_epoch(0)
    with pytest.raises(RuntimeError, match=r"state of epoch 2 was loaded, .* set to epoch 0"):
        next(iter(loader))


def test_a_pass_that_was_asked_for_is_where_the_loader_is():
    loader = make()
    list(loader)
    assert loader.epoch == 0
    waiting = iter(loader)
    state = loader.state_dict()
    assert (loader.epoch, state["epoch"], state["batch"]) == (1, 1, 0)
    del waiting
    assert (loader.epoch, loader.state_dict()["epoch"]) == (0, 0)


def test_iterators_that_are_not_used_take_no_epoch():
    loader = make()
    iter(loader)
    assert torch.equal(rows(loader), of_epoch(0))
    assert loader.epoch == 0


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2), (2, 3), (3, 2)])
@pytest.mark.parametrize("batch_size", [7, 4])
def test_another_world_goes_on_with_the_same_order(before, after, batch_size):
    def loaders(world, size):
        return [
            seedaug.DataLoader(seeded(), size, shuffle=True, num_replicas=world, rank=rank)
            for rank in range(world)
        ]

    stopped = loaders(before, 7)
    trained = [first_batches(loader, 2) for loader in stopped]
    (state,) = {json.dumps(loader.state_dict()) for loader in stopped}
    for loader in (going_on := loaders(after, batch_size)):
        loader.load_state_dict(json.loads(state))
    rests = [rows(loader) for loader in going_on]
    found = torch.stack([one for group in zip(*rests, strict=True) for one in group])
    left = COUNT - 14 * before
    dealt = torch.cat([torch.stack(trained, 1).flatten(0, 1), found[:left]])
    assert torch.equal(dealt, of_epoch(0))
    assert len(found) == -(-left // after) * after
    assert len(found.unique(dim=0)) == len(found), "a rest is filled up with second visits"
    assert len({json.dumps(loader.state_dict()) for loader in going_on}) == 1
    assert going_on[0].state_dict()["samples"] == COUNT


@pytest.mark.parametrize(
    "other",
    [
        {"shuffle": False},
        {"dataset": 20},
        {"sampler": [1, 2, 3]},
    ],
)
def test_a_state_of_another_order_is_refused(other):
    def made(dataset=24, shuffle=True, **options):
        shuffle = None if "sampler" in options else shuffle
        return seedaug.DataLoader(range(dataset), 4, shuffle, seed=0, **options)

    with pytest.raises(ValueError, match="the state is of another order"):
        made(**other).load_state_dict(made().state_dict())


def test_a_state_of_ones_own_sampler_wants_its_batch_size():
    def made(size):
        sampler = torch.utils.data.SubsetRandomSampler(range(20))
        return seedaug.DataLoader(range(24), size, sampler=sampler, seed=0)

    with pytest.raises(ValueError, match="SubsetRandomSampler in batches of 8, 1 ranks"):
        made(8).load_state_dict(made(4).state_dict())


@pytest.mark.parametrize("as_batches", [False, True])
def test_an_epoch_set_on_ones_own_sampler_is_heard(as_batches):
    dataset = seeded()
    sampler = torch.utils.data.DistributedSampler(dataset, 2, 0)
    batches = torch.utils.data.BatchSampler(sampler, 7, False)
    options = {"batch_sampler": batches} if as_batches else {"sampler": sampler, "batch_size": 7}
    loader = seedaug.DataLoader(dataset, **options)
    expected = seeded()
    for epoch in (5, 6, 2):
        sampler.set_epoch(epoch)
        expected.set_epoch(epoch)
        order = [*sampler]
        assert torch.equal(rows(loader), torch.stack([expected[i] for i in order]))
    rows(loader)
    assert (loader.epoch, sampler.epoch) == (3, 3)


def test_choices_count_after_a_loader_came_from_another_process():
    loader = make()
    for epoch in range(5):
        loader.dataset.set_epoch(epoch)
    far = pickle.dumps(loader)
    code = (
        "import pickle, sys, itertools; from seedaug.data import epoch; "
        "loader = pickle.load(sys.stdin.buffer); loader.set_epoch(1); next(iter(loader)); "
        "first = loader.epoch; loader.dataset.set_epoch(2); next(iter(loader)); "
        "print(first, loader.epoch)"
    )
    path = os.pathsep.join([*PYTHONPATH.values(), str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": path}
    ran = subprocess.run(
        [sys.executable, "-c", code], input=far, env=environment, capture_output=True, check=True
    )
    assert ran.stdout.split() == [b"1", b"2"]


def test_threads_begin_passes_of_their_own():
    loader = make()
    with ThreadPoolExecutor(4) as pool:
        passes = [*pool.map(lambda _: rows(loader), range(4))]
    found = {tuple(part.flatten().tolist()) for part in passes}
    assert found == {tuple(of_epoch(epoch).flatten().tolist()) for epoch in range(4)}


def test_what_a_distributed_sampler_fills_up_is_a_second_visit(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    keys = []
    for rank in range(2):
        monkeypatch.setenv("RANK", str(rank))
        dataset = seedaug.SeededDataset(range(21), 0, return_key=True)
        sampler = torch.utils.data.DistributedSampler(dataset, 2, rank)
        loader = seedaug.DataLoader(dataset, 4, sampler=sampler)
        keys += [tuple(key.tolist()) for _, batch in loader for key in batch]
    assert len(set(keys)) == len(keys) == 22
