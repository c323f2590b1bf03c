"""webdataset under SeededIterableDataset: keys from the samples, keyed orders, any workers."""

import json
from pathlib import Path

import pytest

pytest.importorskip("webdataset")

import torch
import webdataset as wds
from torch.utils.data import DataLoader

import seedaug
from seedaug.integrations.webdataset import (
    ResampledShards,
    Shards,
    Shuffle,
    key_number,
    keyed,
)

SHARDS, IN_SHARD = 6, 8
COUNT = SHARDS * IN_SHARD


@pytest.fixture(scope="module")
def urls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    for shard in range(SHARDS):
        with wds.TarWriter(str(folder / f"{shard:06d}.tar")) as tar:
            for number in range(shard * IN_SHARD, (shard + 1) * IN_SHARD):
                tar.write({"__key__": f"{number:06d}", "cls": number % 3})
    return f"{folder}/{{000000..{SHARDS - 1:06d}}}.tar"


def row(sample):
    key = seedaug.context.current().key
    return torch.tensor(
        [
            int(sample["__key__"]),
            key.epoch,
            key.worker,
            key.index,
            int(seedaug.rng().integers(2**40)),
            int(torch.randint(2**40, ())) if sample.get("globals") else 0,
        ]
    )


def with_globals(sample):
    return {**sample, "globals": True}


def plain(urls, **options):
    return wds.WebDataset(urls, shardshuffle=False, **options)


def stream(source, **options):
    given = {"index": key_number, "transforms": row, **options}
    return seedaug.SeededIterableDataset(source, seed=5, **given)


def rows(dataset, workers=0, epoch=0, **options):
    dataset.set_epoch(epoch)
    loading = DataLoader(dataset, 4, num_workers=workers, **options)
    return torch.cat([*loading]).tolist()


def test_draws_are_the_samples_whoever_loads_it(urls):
    first = rows(stream(plain(urls)))
    assert [r[0] for r in first] == [*range(COUNT)]
    assert all(r[1:4] == [0, 0, r[0]] for r in first)
    assert len({r[4] for r in first}) == COUNT
    assert sorted(rows(stream(plain(urls)), 2)) == first
    # More workers than shards leave some without any, which webdataset takes for an error.
    assert sorted(rows(stream(plain(urls, empty_check=False)), 4)) == first
    assert sorted(rows(stream(plain(urls)), 1, multiprocessing_context="spawn")) == first
    keyed_loader = seedaug.DataLoader(stream(plain(urls)), 4, num_workers=2)
    assert sorted(torch.cat([*keyed_loader]).tolist()) == first
    epochs = [rows(stream(plain(urls)), 0, epoch) for epoch in range(3)]
    assert len({r[4] for one in epochs for r in one}) == 3 * COUNT


def test_global_generators_and_returned_keys_follow_the_sample(urls):
    def passed(workers):
        source = plain(urls).map(with_globals)
        dataset = stream(source, seed_globals=True, return_key=True)
        passing = DataLoader(dataset, 4, num_workers=workers)
        made = [(r, k) for got, keys in passing for r, k in zip(got, keys, strict=True)]
        assert all(seedaug.Key.unpack(k).index == int(r[0]) for r, k in made)
        return sorted(r.tolist() for r, _ in made)

    assert passed(0) == passed(2)
    assert len({r[5] for r in passed(0)}) == COUNT


def test_a_shuffled_pipeline_is_keyed_in_one_line(urls):
    def make():
        whole = wds.WebDataset(urls, shardshuffle=10).shuffle(20, initial=10)
        return stream(keyed(whole))

    passes = [rows(make(), workers, epoch) for workers in (0, 2) for epoch in (0, 1)]
    again = [rows(make(), workers, epoch) for workers in (0, 2) for epoch in (0, 1)]
    assert passes == again
    orders = [[r[0] for r in one] for one in passes]
    assert all(sorted(order) == [*range(COUNT)] for order in orders)
    assert len({*map(tuple, orders)}) == 4
    draws = [sorted(r[:5] for r in one) for one in passes]
    assert draws[:2] == draws[2:]
    assert draws[0] != draws[1]


def test_its_own_shuffle_is_seeded_from_the_clock(urls):
    # Why `keyed` is there. Draws are the samples' all the same.
    one, two = (
        rows(stream(wds.WebDataset(urls, shardshuffle=10).shuffle(20, initial=20)))
        for _ in range(2)
    )
    assert one != two
    assert sorted(one) == sorted(two)


def test_a_pipeline_built_by_hand(urls):
    def make():
        return stream(
            wds.DataPipeline(
                Shards(urls),
                wds.split_by_node,
                wds.split_by_worker,
                wds.tarfile_to_samples(),
                Shuffle(12, 4),
            )
        )

    for workers in (0, 2, 3):
        for epoch in (0, 1):
            one = rows(make(), workers, epoch)
            assert one == rows(make(), workers, epoch)
            assert sorted(r[0] for r in one) == [*range(COUNT)]
    for epoch in (0, 1):
        unshuffled = stream(wds.DataPipeline(Shards(urls), wds.tarfile_to_samples()))
        shards = [r[0] // IN_SHARD for r in rows(unshuffled, 0, epoch)][::IN_SHARD]
        sampler = seedaug.KeyedSampler(SHARDS, seed=5)
        sampler.set_epoch(epoch)
        assert shards == [*sampler]


def test_repeats_within_an_epoch_have_their_order_and_draws(urls):
    source = wds.DataPipeline(Shards(urls), wds.tarfile_to_samples()).repeat(2)
    one = rows(stream(source))
    first, second = one[:COUNT], one[COUNT:]
    assert sorted(r[0] for r in first) == sorted(r[0] for r in second) == [*range(COUNT)]
    assert [r[0] for r in first] != [r[0] for r in second]
    assert {r[2] for r in first} == {0}
    assert {r[2] for r in second} == {1}
    assert len({r[4] for r in one}) == 2 * COUNT


def test_resampled_shards(urls, monkeypatch):
    def make(**options):
        source = wds.WebDataset(urls, resampled=True).shuffle(10).with_epoch(2 * COUNT)
        return stream(keyed(source), **options)

    for workers in (0, 2):
        one = rows(make(worker="own"), workers)
        assert one == rows(make(worker="own"), workers)
        assert len({r[4] for r in one}) == len(one)  # each visit anew, in each worker
        assert one != rows(make(worker="own"), workers, 1)
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    source = keyed(wds.WebDataset(urls, resampled=True, nodesplitter=None).with_epoch(8))
    with pytest.warns(UserWarning, match='give worker="own"'):
        rows(stream(source))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_resumed_stream_counts_visits_on(urls, workers):
    def make():
        return stream(keyed(wds.WebDataset(urls, shardshuffle=10).shuffle(20).repeat(2)))

    whole = rows(make(), workers)
    loading = seedaug.DataLoader(make(), 4, num_workers=workers)
    running = iter(loading)
    seen = [r for _ in range(15) for r in next(running).tolist()]
    state = json.loads(json.dumps(loading.state_dict()))
    del running
    again = seedaug.DataLoader(make(), 4, num_workers=workers)
    again.load_state_dict(state)
    assert seen + torch.cat([*again]).tolist() == whole
    if workers == 0:
        dataset = make()
        passing = iter(dataset)
        seen = [next(passing).tolist() for _ in range(60)]
        resumed = make()
        resumed.load_state_dict(json.loads(json.dumps(dataset.state_dict())))
        assert seen + [r.tolist() for r in resumed] == whole


def test_ranks_share_the_shards_and_draw_alike(urls, monkeypatch):
    first = rows(stream(plain(urls)))
    monkeypatch.setenv("WORLD_SIZE", "2")
    for workers in (0, 2):
        both = []
        for rank in range(2):
            monkeypatch.setenv("RANK", str(rank))
            source = wds.WebDataset(urls, shardshuffle=5, nodesplitter=wds.split_by_node)
            both += rows(stream(keyed(source)), workers)
        assert sorted(both) == first


def test_draws_in_the_source_belong_to_places_and_are_warned_of(urls):
    def noisy(sample):
        return {**sample, "noise": int(seedaug.rng().integers(2**40))}

    source = plain(urls).map(noisy)
    with pytest.warns(UserWarning, match="the wrapped dataset itself draws random numbers"):
        got = [*stream(source, transforms=None)]
    keys = [seedaug.Key(5, 0, 2**19, place) for place in range(COUNT)]
    for sample, key in zip(got, keys, strict=True):
        with seedaug.sample(key):
            assert sample["noise"] == int(seedaug.rng().integers(2**40))


def test_what_cannot_be_keyed(urls, tmp_path):
    with pytest.raises(TypeError, match=r"keyed\(\) takes a webdataset.WebDataset"):
        keyed([1])
    folder = wds.DataPipeline(wds.shardlists.DirectoryShardList(f"{tmp_path}/"))
    with pytest.raises(ValueError, match="it draws shards in its own way"):
        keyed(folder)
    with pytest.raises(seedaug.NoKeyError, match=r"webdataset\.Shuffle runs only inside a"):
        next(iter(plain(urls).compose(Shuffle(10))))
    for make in (Shards, ResampledShards):
        with pytest.raises(ValueError, match="there are no shards"):
            make([])
    with pytest.raises(ValueError, match="size and initial must be 1 or more"):
        Shuffle(0)
    with pytest.raises(AttributeError, match="does not hand out 'shuffle' of its dataset WebD"):
        stream(plain(urls)).shuffle(100)


@pytest.mark.parametrize(
    ("index", "error", "match"),
    [
        (lambda s: int(s["id"]), ValueError, r"index= raised KeyError\('id'\) for a dict with the"),
        (lambda s: s["__key__"], TypeError, r"must return an integer, got '000000' \(str\).*int\("),
        (lambda s: -1, ValueError, r"must return 0 … 2\*\*40 - 1, got -1 for a dict with the keys"),
        (lambda s: 2**40, ValueError, r"must return 0 … 2\*\*40 - 1, got 1099511627776"),
        (lambda s: True, TypeError, r"must return an integer, got True \(bool\)"),
    ],
)
def test_errors_of_an_index(urls, index, error, match):
    with pytest.raises(error, match=match):
        next(iter(stream(plain(urls), index=index)))


def test_the_page(tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "with-webdataset.md").read_text()
    script = text.split("```python\n")[1].split("```")[0]
    assert script.count("\n") < 60
    names = {"__name__": "page"}
    exec(script, names)
    urls = names["write_shards"](str(tmp_path))
    alone, shared = (names["photos_by_number"](names["loader"](urls, n)) for n in (0, 2))
    assert {*alone} == {*shared} == {(epoch, n) for epoch in range(2) for n in range(40)}
    assert all(torch.equal(alone[key], shared[key]) for key in alone)
