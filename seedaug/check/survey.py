"""The survey: which samples there are to ask for, and whether their order changes by epoch."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch.utils.data import BatchSampler, IterableDataset

from seedaug.check.stage import Send
from seedaug.data.adopt import seeded_within
from seedaug.data.keyed import KeyedSource
from seedaug.data.loader import DataLoader
from seedaug.data.sampler import KeyedSampler

__all__ = ["Survey", "detach", "epochs_kept", "is_stream", "survey", "tell_epoch", "told"]

_ORDER = 512  # indices of an epoch that are compared


@dataclass
class Survey:
    """What the loader is.

    Args:
        stream: whether its dataset is iterable.
        indices: different ones, as its own sampler gives them ([] for a stream).
        told: the names of what has a `set_epoch`.
        repeats_untold: whether a shuffled order is the same in the next epoch, where nobody
            calls `set_epoch`.
        repeats_told: the same where it is called.
    """

    stream: bool
    indices: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    repeats_untold: bool = False
    repeats_told: bool = False


def is_stream(loader: Any) -> bool:
    """Whether the loader's dataset is iterable, without indices."""
    return isinstance(loader.dataset, IterableDataset)


def told(loader: Any) -> dict[str, Any]:
    """What has a `set_epoch` that a training script is to call, by name."""
    found: dict[str, Any] = {}
    known: set[int] = set()
    inner: Any = loader.batch_sampler
    candidates = [("batch_sampler", inner), ("sampler", getattr(inner, "sampler", None))]
    candidates += [("sampler", loader.sampler), *_datasets(loader.dataset)]
    for name, part in candidates:
        if part is not None and id(part) not in known and callable(_set_epoch(part)):
            known.add(id(part))
            found.setdefault(name, part)
    for part in seeded_within(loader.dataset):
        if id(part) not in known:
            found[f"dataset's {len(found)}. {type(part).__name__}"] = part
    return found


def _set_epoch(part: Any) -> Any:
    try:
        return getattr(part, "set_epoch", None)
    except Exception:  # a dataset's own __getattr__ may raise anything
        return None


def _datasets(dataset: Any) -> Iterator[tuple[str, Any]]:
    name = "dataset"
    for _ in range(10):
        yield name, dataset
        held = getattr(dataset, "__dict__", {})
        if "dataset" not in held:
            return
        name, dataset = f"{name}.dataset", held["dataset"]


def tell_epoch(loader: Any, epoch: int) -> None:
    """Call every `set_epoch`, as the training script is told to."""
    for part in told(loader).values():
        part.set_epoch(epoch)


@contextmanager
def epochs_kept(loader: Any) -> Iterator[None]:
    """Context manager: what keeps its epoch in shared memory is set back to the one it had."""
    parts = [*told(loader).values()]
    kept = [getattr(part, "epoch", None) for part in parts]
    try:
        yield
    finally:
        for part, epoch in zip(parts, kept, strict=True):
            if isinstance(epoch, int) and getattr(part, "epoch", None) != epoch:
                part.set_epoch(epoch)


def detach(loader: Any) -> None:
    """In the stage: give seeded datasets an epoch of their own, not the caller's shared one."""
    clocks = [source._clock for source in seeded_within(loader.dataset)]
    clocks += [loader.sampler.clock] if isinstance(loader.sampler, KeyedSampler) else []
    for clock in clocks:
        clock.__setstate__(clock.__getstate__())
    for source in seeded_within(loader.dataset):
        inner = source.dataset
        if isinstance(inner, KeyedSource):
            inner._clock.__setstate__(inner._clock.__getstate__())


def survey(loader: Any, most: int, say: Send) -> Survey:
    """In the stage: ask the loader's sampler for up to `most` different indices.

    Args:
        loader: a DataLoader.
        most: how many are wanted.
        say: is told what is being done.
    """
    detach(loader)
    found = Survey(is_stream(loader), told=[*told(loader)])
    if found.stream:
        return found
    say("asking the sampler for indices")
    keys: set[Any] = set()
    for index in itertools.islice(_indices(loader), 20 * most):
        plain = _plain(index)
        key = plain if isinstance(plain, int) else repr(plain)
        if key not in keys:
            keys.add(key)
            found.indices.append(plain)
        if len(found.indices) >= most:
            break
    if isinstance(loader, DataLoader):
        return found  # its epochs ride with the indices
    orders = [_order(loader) for _ in range(2)]
    found.repeats_untold = _repeats(orders)
    if any(not name.startswith("dataset") for name in found.told):
        orders.clear()
        for epoch in range(2):
            tell_epoch(loader, epoch)
            orders.append(_order(loader))
        found.repeats_told = _repeats(orders)
    return found


def _repeats(orders: list[list[Any]]) -> bool:
    """Whether the orders are shuffled and the same: a sorted one is meant to be the same."""
    first = orders[0]
    shuffled = any(isinstance(a, int) and isinstance(b, int) and a > b
                   for a, b in itertools.pairwise(first))  # fmt: skip
    return shuffled and all(order == first for order in orders)


def _order(loader: Any) -> list[Any]:
    return [_plain(index) for index in itertools.islice(_indices(loader), _ORDER)]


def _indices(loader: Any) -> Iterator[Any]:
    if loader.batch_sampler is None or type(loader.batch_sampler) is BatchSampler:
        yield from iter(loader.sampler)
    else:
        for batch in loader.batch_sampler:
            yield from batch


def _plain(index: Any) -> Any:
    try:
        return operator.index(index)
    except TypeError:
        return index
