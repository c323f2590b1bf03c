"""torchdata's StatefulDataLoader and nodes over the seeded datasets: resumed runs go on."""

import warnings
from pathlib import Path

import pytest

pytest.importorskip("torchdata")

import torch
from torch.utils.data import IterableDataset, get_worker_info
from torchdata import nodes
from torchdata.stateful_dataloader import StatefulDataLoader

import seedaug
from seedaug.integrations.torchdata import StreamNode

COUNT = 26


def draw(index):
    key = seedaug.context.current().key
    return torch.tensor(
        [index, key.epoch, key.worker, key.index, int(seedaug.rng().integers(2**40))]
    )


class Photos(torch.utils.data.Dataset):
    """Sample i is i."""

    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        return index


class Numbers(IterableDataset):
    """0 … COUNT - 1, split over workers, with no state."""

    def __iter__(self):
        info = get_worker_info()
        start, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(start, COUNT, step))


class Going(Numbers):
    """The same, which goes on where a state was taken."""

    def __init__(self):
        self.place = self.start = 0

    def __iter__(self):
        first, self.start = self.start, 0
        self.place = first
        for number in [*super().__iter__()][first:]:
            self.place += 1
            yield number

    def state_dict(self):
        return {"place": self.place}

    def load_state_dict(self, state):
        self.start = state["place"]


class Iterators(Numbers):
    """The same, whose iterator has the state."""

    def __iter__(self):
        return Counting([*super().__iter__()])


class Counting:
    def __init__(self, numbers):
        self.numbers = numbers
        self.place = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.place == len(self.numbers):
            raise StopIteration
        self.place += 1
        return self.numbers[self.place - 1]

    def state_dict(self):
        return {"place": self.place}

    def load_state_dict(self, state):
        self.place = state["place"]


def photos():
    return seedaug.SeededDataset(Photos(), seed=5, transform=draw)


def numbers():
    return seedaug.SeededIterableDataset(Numbers(), seed=5, transform=draw)


def going():
    return seedaug.SeededIterableDataset(Going(), seed=5, transform=draw)


def iterators():
    return seedaug.SeededIterableDataset(Iterators(), seed=5, transform=draw)


def named():
    return seedaug.SeededIterableDataset(Numbers(), seed=5, transform=draw, index=int)


def loader(dataset, workers, **options):
    return StatefulDataLoader(dataset, batch_size=4, num_workers=workers, **options)


def rows(batches):
    return [row for batch in batches for row in batch.tolist()]


def uninterrupted(make, workers, epochs=3, **options):
    dataset = make()
    loading = loader(dataset, workers, **options)
    passes = []
    for epoch in range(epochs):
        dataset.set_epoch(epoch)
        passes.append(rows(loading))
    return passes


def interrupted(make, workers, epoch, after, **options):
    """The rows of `epoch` up to its batch `after` (or its end), and the state then."""
    dataset = make()
    loading = loader(dataset, workers, **options)
    seen = []
    for number in range(epoch + 1):
        dataset.set_epoch(number)
        for step, batch in enumerate(loading, 1):
            if number == epoch:
                seen += batch.tolist()
                if step == after:
                    return seen, loading.state_dict()
    return seen, loading.state_dict()


SPARSE = {"snapshot_every_n_steps": 3}
PERSISTENT = {"persistent_workers": True}
# workers, options, after how many batches, and whether set_epoch is called in the resumed epoch
WAYS = [
    *[(0, {}, after, told) for after in (2, 7, 99) for told in (False, True)],
    *[(0, SPARSE, after, False) for after in (2, 7, 99)],
    *[(2, {}, after, False) for after in (2, 7, 99)],
    *[(2, PERSISTENT, after, True) for after in (2, 99)],
    *[(2, SPARSE, after, False) for after in (2, 99)],
]


def check_resumed(make, workers, options, after, told):
    """What comes after a resume, in a new process, is what an uninterrupted run gives."""
    whole = uninterrupted(make, workers, **options)
    seen, state = interrupted(make, workers, 1, after, **options)
    dataset = make()
    loading = loader(dataset, workers, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", "'set_vital' is deprecated")
        loading.load_state_dict(state)
        if after == 99:  # the next pass is a whole one
            dataset.set_epoch(2)
            assert rows(loading) == whole[2]
            return
        if told:
            dataset.set_epoch(1)
        assert seen + rows(loading) == whole[1]
        assert dataset.epoch == 1
        dataset.set_epoch(2)
        assert rows(loading) == whole[2]


@pytest.mark.parametrize(("workers", "options", "after", "told"), WAYS)
@pytest.mark.parametrize("make", [photos, numbers])
def test_a_resumed_run_is_the_uninterrupted_one(make, workers, options, after, told):
    check_resumed(make, workers, options, after, told)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("after", [2, 99])
@pytest.mark.parametrize("make", [going, iterators, named])
def test_sources_of_other_kinds_resume(make, workers, after):
    check_resumed(make, workers, {}, after, False)


@pytest.mark.parametrize("make", [photos, going])
def test_spawned_workers_resume(make):
    seen, state = interrupted(make, 1, 1, 2)
    dataset = make()
    loading = loader(dataset, 1, multiprocessing_context="spawn")
    loading.load_state_dict(state)
    assert seen + rows(loading) == uninterrupted(make, 1, 2)[1]
    assert dataset.epoch == 1


def test_a_source_with_a_state_is_not_run_through_again(caplog):
    seen, state = interrupted(going, 0, 0, 3)
    assert state["dataset_state"]["source"] == {"dataset": {"place": len(seen)}}
    assert state["dataset_state"]["count"] == len(seen)
    again = loader(going(), 0)
    again.load_state_dict(state)
    rows(again)
    assert not caplog.records
    _, state = interrupted(numbers, 0, 0, 3)
    again = loader(numbers(), 0)
    again.load_state_dict(state)
    rows(again)
    assert "running through the first 12 samples of the source" in caplog.text


@pytest.mark.parametrize("make", [photos, going])
@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_counted_from_0_again_is_warned_of(make, workers):
    seen, state = interrupted(make, workers, 2, 2)
    whole = uninterrupted(make, workers)
    dataset = make()
    loading = loader(dataset, workers)
    loading.load_state_dict(state)
    dataset.set_epoch(0)  # what accelerate and hand-written loops do that count anew
    if workers:
        rest = rows(loading)
    else:
        with pytest.warns(UserWarning, match=r"set_epoch\(0\) was called, yet .* in epoch 2"):
            rest = rows(loading)
    assert seen + rest == whole[2]


def test_the_state_of_a_wrapped_dataset_goes_along():
    class Curriculum(Photos):
        level = 0

        def state_dict(self):
            return {"level": self.level}

        def load_state_dict(self, state):
            self.level = state["level"]

    dataset = seedaug.SeededDataset(Curriculum(), seed=5)
    dataset.dataset.level = 3
    loading = loader(dataset, 0)
    next(iter(loading))
    again = seedaug.SeededDataset(Curriculum(), seed=5)
    resumed = loader(again, 0)
    resumed.load_state_dict(loading.state_dict())
    next(iter(resumed))
    assert again.dataset.level == 3


def test_errors_of_states():
    dataset = photos()
    state = dataset.state_dict()
    assert state == {"seed": 5, "epoch": 0, "stream_version": seedaug.STREAM_VERSION}
    for wrong, error, match in [
        (None, TypeError, "the state must be a dict"),
        ({}, ValueError, "lacks"),
        ({**state, "seed": 6}, ValueError, "of seed 6, this dataset of 5"),
        ({**state, "epoch": 1.0}, TypeError, "epoch must be an integer"),
        ({**state, "stream_version": True}, ValueError, "stream version True"),
        ({**state, "stream_version": 99}, ValueError, "stream version 99"),
    ]:
        with pytest.raises(error, match=match):
            dataset.load_state_dict(wrong)
    stream = numbers()
    stream.load_state_dict({**stream.state_dict(), "count": 1000})
    with pytest.raises(ValueError, match="after 1000 samples, and now the source has only 26"):
        list(stream)


def keyed_sampler(**options):
    return seedaug.KeyedSampler(COUNT, seed=5, **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_keyed_sampler_says_the_epoch_of_each_index(workers):
    dataset, sampler = photos(), keyed_sampler()
    loading = loader(dataset, workers, sampler=sampler)
    passes = []
    for epoch in range(3):
        sampler.set_epoch(epoch)
        passes.append(rows(loading))
        assert {row[1] for row in passes[-1]} == {epoch}
    sampler.set_epoch(1)
    running = iter(loading)
    seen = next(running).tolist() + next(running).tolist()
    state = loading.state_dict()
    fresh = keyed_sampler()
    again = loader(photos(), workers, sampler=fresh)
    again.load_state_dict(state)
    assert seen + rows(again) == passes[1]
    fresh.set_epoch(2)
    assert rows(again) == passes[2]


def pipeline(dataset, sampler, method, workers):
    order = nodes.SamplerWrapper(sampler)
    made = nodes.ParallelMapper(
        order, dataset.__getitem__, num_workers=workers, method=method, in_order=True
    )
    return nodes.Loader(nodes.Batcher(made, 4, drop_last=False))


def node_rows(loading):
    return [row.tolist() for batch in loading for row in batch]


@pytest.mark.parametrize(("method", "workers"), [("thread", 0), ("thread", 3), ("process", 2)])
def test_nodes_over_a_keyed_sampler(method, workers):
    loading = pipeline(photos(), keyed_sampler(), method, workers)
    passes = [node_rows(loading) for _ in range(3)]
    for epoch, given in enumerate(passes):
        assert sorted(row[0] for row in given) == [*range(COUNT)]
        assert {row[1] for row in given} == {epoch}
    loading = pipeline(photos(), keyed_sampler(), method, workers)
    node_rows(loading)
    running = iter(loading)
    seen = [row.tolist() for _ in range(2) for row in next(running)]
    state = loading.state_dict()
    del running
    again = pipeline(photos(), keyed_sampler(), method, workers)
    again.load_state_dict(state)
    assert seen + node_rows(again) == passes[1]
    assert node_rows(again) == passes[2]


def test_nodes_inside_a_stream():
    def make():
        inner = nodes.Loader(nodes.IterableWrapper(range(COUNT - COUNT % 4)))
        return seedaug.SeededIterableDataset(inner, seed=5, transform=draw)

    for after in (2, 6, 99):
        check_resumed(make, 0, {}, after, False)


def test_a_stream_inside_nodes():
    def make():
        dataset = going()
        return dataset, nodes.Loader(nodes.Batcher(nodes.IterableWrapper(dataset), 4))

    dataset, loading = make()
    passes = []
    for epoch in range(3):
        dataset.set_epoch(epoch)
        passes.append(node_rows(loading))
        assert {row[1] for row in passes[-1]} == {epoch}
    dataset, loading = make()
    dataset.set_epoch(1)
    running = iter(loading)
    seen = [row.tolist() for _ in range(2) for row in next(running)]
    state = loading.state_dict()
    dataset, again = make()
    again.load_state_dict(state)
    assert seen + node_rows(again) == passes[1]
    dataset.set_epoch(2)
    assert node_rows(again) == passes[2]


def page(name):
    """The script of a page of the docs, as names."""
    text = (Path(__file__).parents[2] / "docs" / name).read_text()
    script = text.split("```python\n")[1].split("```")[0]
    assert script.count("\n") < 60
    names = {"__name__": "page"}
    exec(script, names)
    return names


def test_the_page():
    names = page("with-torchdata.md")
    loading, sampler = names["loading"](workers=0)
    sampler.set_epoch(2)
    whole = [images for images, _ in loading]
    rest = names["rest"](names["stopped"]())
    assert len(rest) == 3
    assert all(torch.equal(one, other) for one, other in zip(rest, whole[2:], strict=True))
    assert [len([*made()]) for made in (names["with_nodes"], names["stream_of_nodes"])] == [5, 5]


def test_a_stream_as_a_node():
    def make(**options):
        return nodes.Loader(nodes.Batcher(StreamNode(going(), **options), 4, drop_last=False))

    loading = make()
    passes = [node_rows(loading) for _ in range(3)]
    for epoch, given in enumerate(passes):
        assert {row[1] for row in given} == {epoch}
    assert passes[1] == node_rows(make(initial_epoch=1))
    for after in (2, 7):
        loading = make(initial_epoch=1)
        running = iter(loading)
        seen = [row.tolist() for _ in range(after) for row in next(running)]
        again = make()
        again.load_state_dict(loading.state_dict())
        if after == 2:
            assert seen + node_rows(again) == passes[1]
        assert node_rows(again) == passes[2]
    with pytest.raises(TypeError, match=r"StreamNode takes a seedaug\.SeededIterableDataset, got"):
        StreamNode(photos())
