"""webdataset: shards and samples in an order that the seed and the epoch decide.

webdataset's own `shuffle` is seeded from the clock. The stages here take the seed, the epoch and
the worker from the pass of the `seedaug.SeededIterableDataset` that runs them, so they have no
seeds of their own, and a resumed or repeated run meets the same order::

    urls = "shards/{000000..000099}.tar"
    source = keyed(wds.WebDataset(urls, shardshuffle=100).shuffle(1000).decode("torchrgb8"))
    train = seedaug.SeededIterableDataset(
        source, seed=0, index=key_number, transforms=augment
    )
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from seedaug import _core
from seedaug.context import NoKeyError, Sample, _current
from seedaug.key import check_coordinate

__all__ = ["ResampledShards", "Shards", "Shuffle", "key_number", "keyed"]

_SHUFFLE = _core.KINDS["shuffle"]
_FIRST_OCCURRENCE = 4  # those before are for the orders of samplers
_PIECE = 1024  # words drawn at a time


def key_number(sample: Any) -> int:
    """The number in a sample's ``__key__``, for ``SeededIterableDataset(..., index=key_number)``.

    >>> key_number({"__key__": "photos/000123"})
    123

    Raises:
        TypeError: the sample has no ``__key__`` (it was made a tuple or a batch before).
        ValueError: there is no number behind the key's last slash.
    """
    try:
        key = sample["__key__"]
    except (TypeError, KeyError, IndexError):
        raise TypeError(
            f"key_number: a sample must be a dict with a __key__, got {type(sample).__name__}; "
            "leave to_tuple and batched to what follows: transforms=, and the loader's batch_size="
        ) from None
    number = str(key).rpartition("/")[2]
    if not number.isdecimal():
        raise ValueError(
            f"key_number: {key!r} has no number behind its last slash; give index= a function of "
            "your own that makes one of each sample"
        )
    return int(number)


def _running(name: str) -> Sample:
    sample = _current.get()
    if sample is None:
        raise NoKeyError(
            f"seedaug.integrations.webdataset.{name} runs only inside a "
            "seedaug.SeededIterableDataset, which gives it seed and epoch: wrap the whole pipeline"
        )
    return sample


def _picks(name: str) -> Iterator[int]:
    """Endless words of a stream that no other stage has, at the place where this one begins."""
    sample = _running(name)
    occurrence = _FIRST_OCCURRENCE + sample.take(_SHUFFLE, name)
    if occurrence >= _core.OCCURRENCES_PER_STAGE:
        raise RuntimeError(f"{name}: more than 12 shuffling stages begin at one place of a stream")
    return _words(sample.packed, occurrence)


def _words(packed: tuple[int, int, int], occurrence: int) -> Iterator[int]:
    block = _core.PARAM_BLOCKS
    while True:
        yield from _core.words(*packed, _SHUFFLE, occurrence, block, _PIECE).tolist()
        block += _PIECE // 4


class Shuffle:
    """A stage that shuffles in a buffer, as `wds.shuffle` does; the order is keyed.

    It follows (seed, epoch, worker) and the order in which samples come in, and so depends on the
    number of workers. With ``index=`` the draws of a sample don't.

    Args:
        size: how many samples the buffer holds; 1 shuffles nothing.
        initial: how many there must be before the first one is given; at most `size` counts.

    Raises:
        ValueError: `size` or `initial` is below 1.

    Words: element i of kind ``shuffle`` at the stream's place where the stage begins, occurrence
    4 + the number of keyed stages that began there before, picks the i-th sample given.
    """

    def __init__(self, size: int = 1000, initial: int = 100) -> None:
        if size < 1 or initial < 1:
            raise ValueError(f"Shuffle: size and initial must be 1 or more, got {size}, {initial}")
        self.size = size
        self.initial = min(initial, size)

    def __call__(self, source: Iterable[Any]) -> Iterator[Any]:
        words = _picks("Shuffle")
        buffer: list[Any] = []
        samples = iter(source)
        more = True
        while True:
            # Two come in for each that goes out, until the buffer is full.
            for _ in range(2 if len(buffer) >= self.initial else self.initial):
                if more and len(buffer) < self.size:
                    try:
                        buffer.append(next(samples))
                    except StopIteration:
                        more = False
            if not buffer:
                return
            chosen = next(words) * len(buffer) >> 32
            buffer[chosen], buffer[-1] = buffer[-1], buffer[chosen]
            yield buffer.pop()

    def __repr__(self) -> str:
        return f"Shuffle({self.size}, initial={self.initial})"


class Shards:
    """The first stage of a pipeline: all shards, in an order that (seed, epoch) decide.

    Every rank and worker gets the same order, for `wds.split_by_node` and `wds.split_by_worker` to
    deal out. Where the pipeline repeats within an epoch, each time has an order of its own.

    Args:
        urls: the shards' addresses: a list, or a string with braces as for `wds.WebDataset`.
        shuffle: shuffle them; else they come as given.

    Raises:
        ValueError: there are none.

    Words: as `seedaug.KeyedSampler` of as many, with worker = the number of the repetition.
    """

    def __init__(self, urls: str | Sequence[str], shuffle: bool = True) -> None:
        self.urls = _expanded(urls)
        self.shuffle = shuffle
        self._repeats = 0

    def __call__(self) -> Iterator[dict[str, str]]:
        key = _running("Shards").key
        self._repeats = 0 if key.index == 0 else self._repeats + 1
        count = len(self.urls)
        order: Any = np.arange(count)
        if self.shuffle:
            order = _core.permutation(key.seed, key.epoch, self._repeats, count)
        for place in order.tolist():
            yield {"url": self.urls[place]}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.urls)} shards)"


class ResampledShards:
    """The first stage of a pipeline: shards drawn with replacement, by each worker for itself.

    Several workers then give the same sample: use ``SeededIterableDataset(..., worker="own")``.

    Args:
        urls: as for `Shards`.
        count: how many shards to give; default no end (`with_epoch` makes one).

    Words: as `Shuffle`.
    """

    def __init__(self, urls: str | Sequence[str], count: int | None = None) -> None:
        self.urls = _expanded(urls)
        self.count = count if count is None else check_coordinate("index", count)

    def __call__(self) -> Iterator[dict[str, str]]:
        for number, word in enumerate(_picks("ResampledShards")):
            if number == self.count:
                return
            yield {"url": self.urls[word * len(self.urls) >> 32]}

    __repr__ = Shards.__repr__


def _expanded(urls: str | Sequence[str]) -> list[str]:
    if isinstance(urls, str):
        from webdataset.shardlists import expand_urls

        urls = expand_urls(urls)
    if not urls:
        raise ValueError("seedaug.integrations.webdataset: there are no shards")
    return [*urls]


def keyed(pipeline: Any) -> Any:
    """A copy of a `wds.WebDataset` or `wds.DataPipeline` whose shuffling stages are keyed.

    `shuffle` and `detshuffle` become a `Shuffle` of the same size, a shuffled list of shards
    `Shards`, and resampled shards `ResampledShards`. The other stages are the same objects.

    Raises:
        TypeError: it is no pipeline.
        ValueError: a stage draws in a way that can't be keyed here.
    """
    stages = getattr(pipeline, "pipeline", None)
    if not isinstance(stages, list):
        raise TypeError(
            f"keyed() takes a webdataset.WebDataset or DataPipeline, got {type(pipeline).__name__}"
        )
    result = copy.copy(pipeline)
    result.pipeline = [_keyed_stage(stage) for stage in stages]
    return result


def _keyed_stage(stage: Any) -> Any:
    from webdataset import filters, shardlists

    function = getattr(stage, "f", None)
    if isinstance(stage, filters.detshuffle):
        return Shuffle(stage.bufsize, max(stage.initial, 1))
    if isinstance(stage, filters.FilterFunction) and function is filters._shuffle:
        bound = inspect.signature(function).bind(None, *stage.args, **stage.kw)
        bound.apply_defaults()
        return Shuffle(max(bound.arguments["bufsize"], 1), max(bound.arguments["initial"], 1))
    if isinstance(stage, shardlists.ResampledShards):
        return ResampledShards(stage.urls, min(stage.nshards, _core.MAX_INDEX))
    if isinstance(stage, shardlists.SimpleShardList):
        return Shards(stage.urls) if stage.seed is not None else stage
    unkeyed = (shardlists.MultiShardSample, shardlists.DirectoryShardList)
    if isinstance(stage, unkeyed) or function is shardlists.resampled_:
        raise ValueError(
            f"keyed() can't key {stage!r}: it draws shards in its own way; begin the pipeline with "
            "seedaug.integrations.webdataset.Shards or ResampledShards"
        )
    return stage
