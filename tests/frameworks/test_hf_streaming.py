"""Hugging Face streams under SeededIterableDataset and StatefulDataLoader: resumed runs go on."""

import json
import multiprocessing
import time
import warnings

import pytest

pytest.importorskip("datasets")
pytest.importorskip("torchdata")

import datasets
import torch
from torchdata.stateful_dataloader import StatefulDataLoader

import seedaug

COUNT = 64


def examples(shards):
    for shard in shards:
        for number in range(COUNT // 4):
            yield {"id": shard * (COUNT // 4) + number}


def draw(example):
    key = seedaug.context.current().key
    return torch.tensor(
        [example["id"], key.epoch, key.worker, key.index, int(seedaug.rng().integers(2**40))]
    )


def generated():
    return datasets.IterableDataset.from_generator(examples, gen_kwargs={"shards": [0, 1, 2, 3]})


def from_arrow():
    rows = datasets.Dataset.from_dict({"id": [*range(COUNT)]})
    return rows.to_iterable_dataset(num_shards=4)


def shuffled():
    return generated().shuffle(seed=1, buffer_size=10)


def with_format():
    return from_arrow().with_format("torch")


SOURCES = [generated, from_arrow, shuffled, with_format]


def stream(make=generated, **options):
    return seedaug.SeededIterableDataset(make(), seed=5, transform=draw, **options)


def loader(dataset, workers=0, **options):
    return StatefulDataLoader(dataset, batch_size=4, num_workers=workers, **options)


def rows(batches):
    return torch.cat([*batches]).tolist()


def run(make, workers, epochs=3, **options):
    """The passes of an uninterrupted run."""
    dataset = stream(make)
    loading = loader(dataset, workers, **options)
    passes = []
    for epoch in range(epochs):
        dataset.set_epoch(epoch)
        passes.append(rows(loading))
    return passes


def interrupted(make, workers, epoch, after, **options):
    """The batches of a run up to `after` batches of `epoch`, and the state then."""
    dataset = stream(make)
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


@pytest.mark.parametrize(
    ("make", "workers", "options", "after", "told"),
    [
        *[(make, 0, {}, 3, False) for make in SOURCES],
        *[(make, 2, {}, 3, True) for make in SOURCES],
        *[(generated, 0, {}, after, True) for after in (16, 99)],
        *[(generated, 2, {}, after, False) for after in (16, 99)],
        *[(generated, 2, {"persistent_workers": True}, after, False) for after in (3, 99)],
    ],
)
def test_a_resumed_run_is_the_uninterrupted_one(make, workers, options, after, told):
    whole = run(make, workers)
    seen, state = interrupted(make, workers, 1, after)
    dataset = stream(make)  # as in a new process
    loading = loader(dataset, workers, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loading.load_state_dict(state)
        if after == 99:  # the state is that of a finished epoch: the next pass is a whole one
            dataset.set_epoch(2)
            assert rows(loading) == whole[2]
            return
        if told:
            dataset.set_epoch(1)
        rest = rows(loading) if after < 16 else [row for b in loading for row in b.tolist()]
        assert seen + rest == whole[1]
        assert dataset.epoch == 1
        dataset.set_epoch(2)
        assert rows(loading) == whole[2]


def test_the_same_objects_go_back_to_a_state():
    dataset = stream()
    loading = loader(dataset)
    whole = run(generated, 0)
    for epoch in range(3):
        dataset.set_epoch(epoch)
        for step, _ in enumerate(loading, 1):
            if (epoch, step) == (1, 5):
                state = loading.state_dict()
    again = loader(dataset)
    again.load_state_dict(state)
    assert rows(again) == whole[1][20:]
    dataset.set_epoch(1)
    assert rows(again) == whole[1]  # and not from the state's place once more


def test_other_workers_and_seeds_are_refused():
    _, state = interrupted(generated, 0, 0, 3)
    plain = state["dataset_state"]
    with pytest.raises(ValueError, match="of seed 5, this dataset of 6"):
        seedaug.SeededIterableDataset(generated(), 6).load_state_dict(plain)
    dataset = stream()
    dataset.load_state_dict(plain)
    with pytest.raises(ValueError, match="rank 0 of 1, worker 0 of 1 and is resumed in"):
        rows(torch.utils.data.DataLoader(dataset, num_workers=2))


class Held(torch.utils.data.IterableDataset):
    """Somebody's, around a stream."""

    def __init__(self, streams):
        self.streams = streams

    def set_epoch(self, epoch):
        self.streams[0].set_epoch(epoch)

    def __iter__(self):
        return iter(self.streams[0])


@pytest.mark.parametrize("make", [generated, lambda: Held([generated()])])
def test_workers_that_set_the_epoch_at_a_time(make, monkeypatch):
    """`datasets` adds to an epoch that the workers share: here with time for two to do so."""

    def set_epoch(self, epoch):
        missing = epoch - self._epoch
        time.sleep(0.2)
        self._epoch += missing

    def passes():
        dataset = seedaug.SeededIterableDataset(make(), seed=5, transform=draw)
        loading = seedaug.DataLoader(dataset, 4, num_workers=2, persistent_workers=True)
        return [rows(loading) for _ in range(3)]  # each is the next epoch, and nobody says so

    wanted = passes()
    for epoch in wanted:
        assert sorted(row[0] for row in epoch) == [*range(COUNT)]
    monkeypatch.setattr(datasets.IterableDataset, "set_epoch", set_epoch)
    assert passes() == wanted


@pytest.mark.parametrize("make", [lambda stream: stream, lambda stream: Held([stream])])
def test_a_rank_has_an_epoch_of_its_own(make):
    """One that was forked and loads without workers; whoever forked it goes on sharing."""
    source = generated()
    dataset = seedaug.SeededIterableDataset(make(source), seed=5)
    there, here = multiprocessing.get_context("fork").Pipe()

    def rank():
        dataset.set_epoch(2)
        next(iter(dataset))
        there.send((source.epoch, source._epoch.is_shared()))

    child = multiprocessing.get_context("fork").Process(target=rank)
    child.start()
    assert here.poll(60)
    assert here.recv() == (2, False)
    child.join()
    next(iter(dataset))
    assert source._epoch.is_shared()


def test_a_state_is_json():
    dataset = stream()
    passing = iter(dataset)
    head = [next(passing).tolist() for _ in range(7)]
    state = json.loads(json.dumps(dataset.state_dict()))
    again = stream()
    again.load_state_dict(state)
    assert head + [row.tolist() for row in again] == run(generated, 0, 1)[0]


def test_keys_from_the_examples_are_free_of_workers():
    def passes(workers):
        dataset = stream(index=lambda example: example["id"])
        return sorted(rows(loader(dataset, workers)))

    assert passes(0) == passes(2) == passes(3)
    dataset = stream(index=lambda example: example["id"])
    loading = loader(dataset, 2)
    running = iter(loading)
    head = [row for _ in range(5) for row in next(running).tolist()]
    state = loading.state_dict()
    again = loader(stream(index=lambda example: example["id"]), 2)
    again.load_state_dict(state)
    assert sorted(head + rows(again)) == passes(0)


@pytest.mark.parametrize("name", ["shuffle", "shard", "map", "filter", "batch", "take"])
def test_a_chained_dataset_without_keys_is_not_handed_out(name):
    with pytest.raises(AttributeError, match=f"does not hand out '{name}' of its dataset Iter"):
        getattr(stream(), name)
    assert stream().features is None
