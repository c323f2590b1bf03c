"""The keyed stages for webdataset, which need nothing of it; tests/frameworks/ has the real."""

import pytest

import seedaug
from seedaug.integrations.webdataset import ResampledShards, Shards, Shuffle, key_number


class Pipeline:
    """Stages called one after another, as `wds.DataPipeline` does."""

    def __init__(self, *stages):
        self.stages = stages

    def __iter__(self):
        source = self.stages[0]()
        for stage in self.stages[1:]:
            source = stage(source)
        yield from source


def numbers():
    return iter(range(50))


def one_pass(*stages, epoch=0, seed=5):
    stream = seedaug.SeededIterableDataset(Pipeline(*stages), seed)
    stream.set_epoch(epoch)
    return [*stream]


@pytest.mark.parametrize(("size", "initial"), [(2, 2), (10, 3), (10, 100), (100, 100)])
def test_a_shuffled_stream(size, initial):
    first = one_pass(numbers, Shuffle(size, initial))
    assert sorted(first) == [*range(50)]
    assert first == one_pass(numbers, Shuffle(size, initial))
    others = [one_pass(numbers, Shuffle(size, initial), epoch=1, seed=5)]
    others.append(one_pass(numbers, Shuffle(size, initial), seed=6))
    assert first not in [*others, [*range(50)]]
    # A sample can't be given before it came in.
    came = min(initial, size)
    assert all(number <= came + 2 * place for place, number in enumerate(first))


def test_stages_are_shuffled_apart():
    once, twice = (one_pass(numbers, *[Shuffle(100, 100)] * n) for n in (1, 2))
    assert once != twice
    assert one_pass(numbers, Shuffle(1, 1)) == [*range(50)]


def test_every_pick_is_equally_likely():
    first = [one_pass(numbers, Shuffle(50, 50), epoch=epoch)[0] for epoch in range(1000)]
    counts = [first.count(number) for number in range(50)]
    assert min(counts) > 2
    assert max(counts) < 48  # the mean is 20


def test_shards():
    urls = [f"{number}.tar" for number in range(9)]
    orders = [[row["url"] for row in one_pass(Shards(urls), epoch=epoch)] for epoch in (0, 1)]
    for epoch, order in enumerate(orders):
        sampler = seedaug.KeyedSampler(9, seed=5)
        sampler.set_epoch(epoch)
        assert order == [urls[index] for index in sampler]
    assert [row["url"] for row in one_pass(Shards(urls, shuffle=False))] == urls
    drawn = [row["url"] for row in one_pass(ResampledShards(urls, 100))]
    assert drawn == [row["url"] for row in one_pass(ResampledShards(urls, 100))]
    assert len({*drawn}) == 9
    assert drawn != [row["url"] for row in one_pass(ResampledShards(urls, 100), epoch=1)]


def test_errors():
    with pytest.raises(seedaug.NoKeyError, match=r"webdataset\.Shards runs only inside a seedaug"):
        next(Shards(["a.tar"])())
    with pytest.raises(ValueError, match="Shuffle: size and initial must be 1 or more, got 0, 1"):
        Shuffle(0, 1)
    with pytest.raises(ValueError, match="there are no shards"):
        Shards([])
    with pytest.raises(RuntimeError, match="more than 12 shuffling stages"):
        one_pass(numbers, *[Shuffle()] * 13)
    assert key_number({"__key__": "a/b/0012"}) == 12
