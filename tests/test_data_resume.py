"""States of the seeded datasets, with stand-ins for the sources; tests/frameworks/ has the real."""

import json
import warnings

import pytest
import torch
from data_fixtures import Plain, Stream, draws

import seedaug
from seedaug.data.order import OrderPass


class Going:
    """0 … 19, which goes on where its state was taken, as Hugging Face's streams do."""

    def __init__(self):
        self.place = self.start = self.passed = 0

    def __iter__(self):
        first, self.start = self.start, 0
        for number in range(first, 20):
            self.place = number + 1
            self.passed += 1
            yield number

    def state_dict(self):
        return {"place": self.place}

    def load_state_dict(self, state):
        self.start = state["place"]


class Iterators:
    """The same, where the iterator has the state."""

    def __iter__(self):
        return Counted()


class Counted:
    def __init__(self):
        self.place = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.place == 20:
            raise StopIteration
        self.place += 1
        return self.place - 1

    def state_dict(self):
        return {"place": self.place}

    def load_state_dict(self, state):
        self.place = state["place"]


SOURCES = [Going, Iterators, lambda: range(20), lambda: Stream(20)]


def stream(make=Going, **options):
    return seedaug.SeededIterableDataset(make(), 5, **{"transform": draws, **options})


def rows(samples):
    return [sample.tolist() for sample in samples]


def through_json(dataset):
    return json.loads(json.dumps(dataset.state_dict()))


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.parametrize("index", [None, int])
@pytest.mark.parametrize("count", [0, 7, 20])
def test_a_stream_goes_on_where_its_state_was_taken(make, index, count):
    dataset = stream(make, index=index)
    dataset.set_epoch(3)
    whole = rows(dataset)
    dataset.set_epoch(3)
    passing = iter(dataset)
    seen = rows(next(passing) for _ in range(count))
    again = stream(make, index=index)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again.load_state_dict(through_json(dataset))
        assert again.state_dict() == dataset.state_dict()
        assert seen + rows(again) == whole
        assert again.epoch == 3
    again.set_epoch(3)
    assert rows(again) == whole  # the state was for one pass


def test_an_ended_pass_has_nothing_left():
    dataset = stream()
    whole = rows(dataset)
    state = dataset.state_dict()
    assert (state["ended"], state["count"], state["source"]) == (True, 20, None)
    dataset.load_state_dict(state)
    assert rows(dataset) == []
    assert rows(dataset) == whole


def test_only_a_source_without_a_state_is_run_through(caplog):
    for make, run_through in [(Going, False), (Iterators, False), (lambda: range(20), True)]:
        caplog.clear()
        dataset = stream(make)
        passing = iter(dataset)
        rows(next(passing) for _ in range(7))
        again = stream(make)
        again.load_state_dict(dataset.state_dict())
        rows(again)
        assert ("running through the first 7 samples" in caplog.text) == run_through


def test_the_epoch_that_counts_after_a_state_was_loaded():
    state = stream()
    state.set_epoch(4)
    state = state.state_dict()

    def resumed(*chosen, before=()):
        dataset = seedaug.SeededDataset(Plain(), 5)
        for epoch in before:
            dataset.set_epoch(epoch)
            dataset.__getitems__([0, 1])  # a pass was run in it
        for epoch in chosen:
            dataset.set_epoch(epoch)
        dataset.load_state_dict({name: state[name] for name in ("seed", "epoch", "stream_version")})
        return dataset.epoch

    assert resumed() == 4
    assert resumed(4) == 4
    assert resumed(5) == 5  # after the last batch of epoch 4
    assert resumed(before=[3, 4, 5]) == 4  # gone back to an earlier state
    with pytest.warns(UserWarning, match=r"set_epoch\(0\) was called, yet .* taken in epoch 4"):
        assert resumed(0) == 4


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"seed": 6}, ValueError, r"SeededDataset.*load_state_dict: the state is of seed 6"),
        ({"stream_version": True}, ValueError, "is of stream version True"),
        ({"epoch": -1}, ValueError, "epoch must be from 0"),
        ({"epoch": 1.0}, TypeError, "epoch must be an integer"),
        (None, TypeError, "the state must be a dict"),
    ],
)
def test_errors_of_states(change, error, match):
    dataset = seedaug.SeededDataset(Plain(), 5)
    state = None if change is None else {**dataset.state_dict(), **change}
    with pytest.raises(error, match=match):
        dataset.load_state_dict(state)


def test_errors_of_streams_states(monkeypatch):
    dataset = stream(lambda: range(20))
    with pytest.raises(
        ValueError, match=r"the state lacks \['count', 'ended', 'split', 'source'\]"
    ):
        dataset.load_state_dict(seedaug.SeededDataset(Plain(), 5).state_dict())
    dataset.load_state_dict({**dataset.state_dict(), "count": 21})
    with pytest.raises(ValueError, match="after 21 samples, and now the source has only 20"):
        rows(dataset)
    next(iter(dataset))
    state = dataset.state_dict()
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    again = stream(lambda: range(20))
    again.load_state_dict(state)
    with pytest.raises(ValueError, match=r"rank 0 of 1, .* resumed in rank 1 of 2, worker 0 of 1"):
        rows(again)


def test_a_samplers_pass_goes_on_in_its_epoch():
    sampler = seedaug.KeyedSampler(20, seed=5)
    sampler.set_epoch(2)
    whole = [*sampler]
    sampler.set_epoch(2)
    passing = iter(sampler)
    assert isinstance(passing, OrderPass)
    seen = [next(passing) for _ in range(7)]
    again = seedaug.KeyedSampler(20, seed=5)
    resumed = iter(again)
    resumed.load_state_dict(json.loads(json.dumps(passing.state_dict())))
    assert [*seen, *resumed] == whole
    assert again.epoch == 2


def test_a_samplers_pass_begins_at_its_first_index():
    sampler = seedaug.KeyedSampler(20, seed=5)
    passing = iter(sampler)
    sampler.set_epoch(1)
    assert next(passing).epoch == 1


class Chaining(Going):
    classes = ("even", "odd")
    batch = 32

    def shuffle(self):
        return self


def test_what_gives_a_dataset_without_keys_is_not_handed_out():
    for dataset in (stream(Chaining), seedaug.SeededDataset([1], 5)):
        assert not hasattr(dataset, "shuffle")
    assert stream(Chaining).classes == ("even", "odd")
    assert stream(Chaining).batch == 32  # a value, not a method
    with pytest.raises(AttributeError, match="'shuffle' of its dataset Chaining: what that gives"):
        stream(Chaining).shuffle()


def test_a_wrapped_datasets_state_goes_along():
    class Stateful(Plain):
        level = 1

        def state_dict(self):
            return {"level": self.level}

        def load_state_dict(self, state):
            self.level = state["level"]

    dataset = seedaug.SeededDataset(Stateful(), 5)
    dataset.load_state_dict({**dataset.state_dict(), "dataset": {"level": 7}})
    assert dataset.state_dict()["dataset"] == {"level": 7}


def test_visits_go_on_after_a_resume():
    def make():
        return stream(lambda: [3, 4, 3, 3, 4], index=int, transform=None, return_key=True)

    keys = [seedaug.Key.unpack(key) for _, key in make()]
    assert [(key.index, key.worker) for key in keys] == [(3, 0), (4, 0), (3, 1), (3, 2), (4, 1)]
    dataset = make()
    passing = iter(dataset)
    for _ in range(3):
        next(passing)
    again = make()
    again.load_state_dict(dataset.state_dict())
    assert [seedaug.Key.unpack(key) for _, key in again] == keys[3:]


@pytest.mark.parametrize("workers", [0, 2])
def test_keys_of_the_samples_are_free_of_workers(workers):
    dataset = stream(Stream, index=int)
    made = torch.cat([*seedaug.DataLoader(dataset, 4, num_workers=workers)])
    alike = seedaug.SeededDataset(Plain(), 5, transform=draws)
    assert rows(made[made[:, 0].argsort()]) == rows(alike)


def test_a_worker_of_its_own(monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "3")
    dataset = stream(lambda: [3, 3], index=int, worker="own", transform=None, return_key=True)
    assert [seedaug.Key.unpack(key).worker for _, key in dataset] == [1, 4]
    for wrong in ({"worker": "own"}, {"worker": "rank", "index": int}):
        with pytest.raises(ValueError, match='worker must be 0, or with index= also "own"'):
            stream(**wrong)
    with pytest.raises(TypeError, match="index must be callable with a sample"):
        stream(index="id")


def test_draws_of_the_source_keep_apart_from_those_of_samples():
    class Drawing:
        def __iter__(self):
            return ((n, int(seedaug.rng().integers(2**40))) for n in range(10))

    def number(sample):
        return sample[0]

    def draw(sample):
        return sample[1], int(seedaug.rng().integers(2**40))

    dataset = seedaug.SeededIterableDataset(Drawing(), 5, transforms=draw, index=number)
    with pytest.warns(UserWarning, match="give what draws as transform="):
        made = [*dataset]
    assert len({value for pair in made for value in pair}) == 20


@pytest.mark.parametrize(
    ("index", "error", "match"),
    [
        (lambda s: s["id"], ValueError, r"index= raised KeyError\('id'\) for a dict with the keys"),
        (lambda s: "7", TypeError, "index= must return an integer, got '7'"),
        (lambda s: -1, ValueError, "must return 0 … 2.*, got -1 for a dict with the keys"),
        (lambda s: 2**40, ValueError, "got 1099511627776"),
    ],
)
def test_errors_of_an_index(index, error, match):
    dataset = seedaug.SeededIterableDataset([{"key": 1}], 5, index=index)
    with pytest.raises(error, match=match):
        list(dataset)
