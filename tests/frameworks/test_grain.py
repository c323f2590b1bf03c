"""grain: a record's bytes are those of a plain SeededDataset, by its own index and epoch."""

import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import seedaug

grain = pytest.importorskip("grain", reason="grain is not installed")
import cloudpickle  # noqa: E402

from seedaug.integrations.grain import DataLoader, source  # noqa: E402

COUNT, SEED = 14, 3
PICTURES = np.random.default_rng(0).integers(0, 256, (COUNT, 10, 10, 3), dtype=np.uint8)
WORK = seedaug.Compose([seedaug.RandomCrop(6), seedaug.RandomHorizontalFlip()])

# grain's worker processes import no test module.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


class Photos:
    """Pictures with their numbers."""

    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        return PICTURES[index], index


@pytest.fixture
def train():
    return seedaug.SeededDataset(Photos(), SEED, transform=WORK)


@pytest.fixture(autouse=True)
def no_repeats():
    """Nowhere but where a test wants it is an epoch found to be run twice."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", seedaug.RepeatedEpochWarning)
        yield


def script():
    """What the page's script defines."""
    page = (Path(__file__).parents[2] / "docs" / "with-grain.md").read_text()
    text = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    assert len(text.splitlines()) < 60
    space = {"__name__": __name__}
    exec(text, space)
    return space


def plain(index, epoch):
    return WORK(PICTURES[index], keys=seedaug.Key(SEED, epoch, 0, index))


def assert_epochs(samples, epochs=2):
    """Each record once in each epoch, with that epoch's bytes, epoch after epoch."""
    samples = [(np.asarray(image), int(index)) for image, index in samples]
    assert len(samples) == epochs * COUNT
    for epoch in range(epochs):
        part = samples[epoch * COUNT : (epoch + 1) * COUNT]
        assert sorted(index for _, index in part) == [*range(COUNT)]
        for image, index in part:
            np.testing.assert_array_equal(image, plain(index, epoch))


def rows(batches):
    return [row for batch in batches for row in zip(*batch, strict=True)]


def processes(count):
    return grain.multiprocessing.MultiprocessingOptions(num_workers=count)


# --- MapDataset ---


@pytest.mark.parametrize("shuffled", [False, True])
def test_repeat_counts_epochs(train, shuffled):
    dataset = source(train)
    if shuffled:
        dataset = dataset.shuffle(seed=7)
    assert_epochs(dataset.repeat(2))


@pytest.mark.parametrize("order", ["shuffle, repeat, batch", "shuffle, batch, repeat"])
@pytest.mark.parametrize("streamed", [False, True])
def test_batches(train, order, streamed):
    dataset = source(train).shuffle(seed=7)
    both = dataset.repeat(2).batch(4) if order.endswith("batch") else dataset.batch(7).repeat(2)
    assert_epochs(rows(both.to_iter_dataset() if streamed else both))


def test_worker_processes(train):
    dataset = source(train).shuffle(seed=7).repeat(2).batch(4).to_iter_dataset()
    both = [*dataset.mp_prefetch(processes(2))]
    assert_epochs(rows(both))
    alone = [*dataset]
    for one, other in zip(alone, both, strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def test_shards_keep_the_records_own_index(train):
    shards = [source(train)[rank::2].shuffle(seed=rank).repeat(2) for rank in range(2)]
    for epoch in range(2):
        half = COUNT // 2
        both = [shard[epoch * half + at] for shard in shards for at in range(half)]
        assert sorted(index for _, index in both) == [*range(COUNT)]
        for image, index in both:
            np.testing.assert_array_equal(image, plain(index, epoch))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_checkpointed_iterator_goes_on(train, workers):
    def batches():
        dataset = source(train).shuffle(seed=7).repeat(2).batch(4).to_iter_dataset()
        return iter(dataset.mp_prefetch(processes(workers)) if workers else dataset)

    first = batches()
    head = [next(first) for _ in range(5)]
    state = first.get_state()
    del first
    again = batches()
    again.set_state(state)
    assert_epochs(rows([*head, *again]))


def test_what_is_drawn_behind_the_batch(train):
    """Keys travel with the samples, for what is done to a whole batch."""
    keyed = seedaug.SeededDataset(Photos(), SEED, return_key=True)
    for images, index, keys in source(keyed).shuffle(seed=1).repeat(2).batch(7):
        made = WORK(images, keys=torch.as_tensor(keys))
        for image, one, key in zip(made, index, keys, strict=True):
            np.testing.assert_array_equal(
                image, plain(int(one), seedaug.Key.unpack(torch.as_tensor(key)).epoch)
            )


LOOKING = """
import time
import seedaug
from seedaug.data import held
from tests.frameworks.test_grain import Photos, source

held._LOOKS = range(1, 10**9)  # each sample's thread looks at the others
photos = [Photos()[i % 14] for i in range(56)]
until = time.monotonic() + 8
while time.monotonic() < until:
    keyed = seedaug.SeededDataset(photos, 7, return_key=True)
    for _ in source(keyed).shuffle(seed=1).repeat(2).batch(7):
        pass
"""


def test_looking_at_threads_that_go_on_meanwhile():
    """CPython 3.11 crashed in some runs of this while frames were read from Python."""
    subprocess.run([sys.executable, "-c", LOOKING], check=True, timeout=120)


def test_grains_own_datasets_within(train):
    inner = grain.MapDataset.source(PICTURES).map(lambda image: image[:8])
    dataset = source(seedaug.SeededDataset(inner, SEED, transform=WORK)).repeat(2)
    for number in (3, COUNT + 3):
        key = seedaug.Key(SEED, number // COUNT, 0, 3)
        np.testing.assert_array_equal(dataset[number], WORK(PICTURES[3, :8], keys=key))
    assert len([*source(inner, seed=1)]) == COUNT


def test_twice_in_a_subset_is_drawn_twice():
    keyed = seedaug.SeededDataset(Photos(), SEED, transform=WORK, return_key=True)
    twice = torch.utils.data.Subset(keyed, [5, 2, 5])
    found = [seedaug.Key.unpack(key) for _, _, key in source(twice).repeat(2)]
    assert [(key.epoch, key.worker, key.index) for key in found] == [
        (epoch, visit, index) for epoch in range(2) for visit, index in ((0, 5), (0, 2), (1, 5))
    ]


# --- DataLoader ---


def loader(train, workers, shard=None, **options):
    shard = shard or grain.sharding.NoSharding()
    sampler = grain.samplers.IndexSampler(
        COUNT, shard_options=shard, shuffle=True, num_epochs=2, seed=5
    )
    operations = [grain.transforms.Batch(4)]
    return DataLoader(
        data_source=train, sampler=sampler, operations=operations, worker_count=workers, **options
    )


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_the_loaders_epochs(train, workers):
    found = rows(loader(train, workers))
    if workers < 2:
        assert_epochs(found)
        return
    images = {}  # two workers have orders of their own, whose epochs do not end together
    for image, index in found:
        images.setdefault(int(index), []).append(np.asarray(image).tobytes())
    assert len(images) == COUNT
    for index, both in images.items():
        assert sorted(both) == sorted(plain(index, epoch).tobytes() for epoch in range(2))


def test_the_loaders_shards(train):
    sharded = [rows(loader(train, 0, grain.sharding.ShardOptions(rank, 2))) for rank in range(2)]
    half = COUNT // 2
    assert_epochs(sharded[0][:half] + sharded[1][:half] + sharded[0][half:] + sharded[1][half:])


@pytest.mark.parametrize("workers", [0, 2])
def test_the_loaders_checkpoint(train, workers):
    whole = [*loader(train, workers)]
    first = iter(loader(train, workers))
    head = [next(first) for _ in range(3)]
    state = first.get_state()
    again = iter(loader(train, workers))
    again.set_state(state)
    for one, other in zip(whole, [*head, *again], strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_a_sampler_of_ones_own(train):
    class Backwards:
        def __len__(self):
            return 2 * COUNT

        def __getitem__(self, position):
            record = COUNT - 1 - position % COUNT
            return grain.RecordMetadata(index=position, record_key=record)

    options = {"shard_options": grain.sharding.NoSharding(), "worker_count": 0}
    with pytest.raises(TypeError, match="epochs of Backwards are not known; give epoch_of="):
        DataLoader(data_source=train, sampler=Backwards(), **options)
    made = DataLoader(
        data_source=train, sampler=Backwards(), epoch_of=lambda k: k // COUNT, **options
    )
    assert_epochs([*made])
    sequential = grain.samplers.SequentialSampler(COUNT)
    assert_epochs([*DataLoader(data_source=train, sampler=sequential, **options)], 1)


# --- Epochs by hand ---


def test_set_epoch_before_each_loop(train):
    dataset = source(train).batch(7).to_iter_dataset()
    found = []
    for epoch in range(2):
        train.set_epoch(epoch)
        passed = dataset.mp_prefetch(processes(1)) if epoch else dataset
        found += rows(passed)
    assert_epochs(found)


def test_the_same_epoch_again_is_told_of(train):
    dataset = source(train).to_iter_dataset()
    assert len([*dataset]) == COUNT
    with pytest.warns(seedaug.RepeatedEpochWarning, match="epoch 0 a second time"):
        assert len([*dataset]) == COUNT


@pytest.mark.parametrize("way", ["dataset", "loader"])
def test_a_dataset_given_to_grain_itself_is_told_of(train, way):
    """grain hands plain indices on, so that no epoch but the first is drawn."""
    if way == "dataset":
        repeated = grain.MapDataset.source(train).repeat(2)
    else:
        sampler = grain.samplers.IndexSampler(COUNT, num_epochs=2)
        repeated = grain.DataLoader(data_source=train, sampler=sampler, worker_count=0)
    with pytest.warns(seedaug.RepeatedEpochWarning):
        assert len([*repeated]) == 2 * COUNT


def test_looking_at_records_is_no_repeat(train):
    dataset = source(train).shuffle(seed=1).repeat(3)
    for _ in range(5):
        assert dataset[0][1] < COUNT
    train.set_epoch(0)
    assert_epochs(dataset, 3)


def test_datasets_that_are_none():
    with pytest.raises(TypeError, match=r"records need an index each.*has no __getitem__"):
        source(iter([]), seed=0)
    with pytest.raises(ValueError, match="has no seed"):
        source(Photos())
    with pytest.raises(ValueError, match=r"put repeat\(\) behind source"):
        source(grain.MapDataset.range(3).repeat(), seed=0)


@pytest.mark.parametrize("way", ["pipeline", "loader"])
def test_the_page(way):
    page = script()
    found = rows(page[way](0))
    assert len(found) == 2 * 64
    for place, (image, index) in enumerate(found):
        key = seedaug.Key(0, place // 64, 0, int(index))
        wanted = page["augment"](page["Photos"]()[int(index)][0], keys=key)
        np.testing.assert_array_equal(image, wanted)
