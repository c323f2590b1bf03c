"""Treats loaders as Lightning 2.6's Trainer and Fabric do, one rank after another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import torch.utils.data as data

# A fit's step is given (epoch, batch, save), and save() is a checkpoint of that moment. At an
# epoch's end it is called once more, with None for a batch.
Step = Callable[[int, Any, Callable[[], dict[str, Any]]], None]


class Fetcher:
    """Reads a loader of unknown length one batch ahead, and knows which batch is the last."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.batches: list[Any] = []
        self.ahead = isinstance(loader.dataset, data.IterableDataset)

    def begin(self, fetched: int = 0) -> None:
        """`iter(loader)`; so many of its batches were handed out before a checkpoint."""
        self.fetched = fetched
        self.source = iter(self.loader)
        self.batches = [*itertools.islice(self.source, 1)] if self.ahead else []

    @property
    def done(self) -> bool:
        """Whether the batch that was handed out last is the epoch's last."""
        return not self.batches if self.ahead else self.fetched >= len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        while not self.done:
            if self.ahead:
                batch = self.batches.pop(0)
                self.batches += itertools.islice(self.source, 1)
            else:
                batch = next(self.source)
            self.fetched += 1
            yield batch


class LightningLike:
    """A Trainer: `fit`, taken up again from its checkpoints, and `predict`.

    Args:
        rank, world: which process this is, of how many.
    """

    def __init__(self, rank: int = 0, world: int = 1) -> None:
        self.rank, self.world = rank, world
        self.epoch = 0
        current = SimpleNamespace(ready=0, processed=0)  # batches: fetched, and trained on
        self.epoch_loop = SimpleNamespace(batch_progress=SimpleNamespace(current=current))
        self._data_fetcher: Fetcher | None = None

    def fit(
        self,
        loader: Any,
        epochs: int,
        step: Step,
        saved: dict[str, Any] | None = None,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        """Train; `started` is the hook on_train_start."""
        loader = self._dealt(loader, True)
        fetched = 0
        if saved is not None:
            self.epoch = saved["epoch"] + saved["last"]
            fetched = 0 if saved["last"] else saved["fetched"]
            if not saved["ended"]:  # a checkpoint of an epoch's end is no restart
                loader.load_state_dict(saved["loader"])
        self._data_fetcher = fetcher = Fetcher(loader)
        fetcher.begin(fetched)
        started()
        for number in range(self.epoch, epochs):
            tell_samplers(loader, number)
            if number > self.epoch:
                fetcher.begin()
            self.epoch = number
            for batch in fetcher:
                progress = self.epoch_loop.batch_progress.current
                progress.ready += 1
                progress.processed += 1  # what the step saves is saved after its work
                step(number, batch, self._save)
            step(number, None, lambda: self._save(ended=True))
        self.epoch = epochs

    def _save(self, ended: bool = False) -> dict[str, Any]:
        assert self._data_fetcher is not None
        fetcher = self._data_fetcher
        return {
            "epoch": self.epoch,
            "fetched": fetcher.fetched - len(fetcher.batches),
            "last": ended or fetcher.done,
            "ended": ended,
            "loader": fetcher.loader.state_dict(),
        }

    def predict(self, loader: Any) -> Iterator[Any]:
        """The batches that predict_step is given."""
        loader = self._dealt(loader, False)
        if isinstance(loader.dataset, data.IterableDataset):
            fetcher = Fetcher(loader)
            fetcher.begin()
            yield from fetcher
            return
        wrapped = _IndexBatchSamplerWrapper(loader.batch_sampler)
        loader = anew(loader, batch_sampler=wrapped)
        tell_samplers(loader, self.epoch)
        yield from loader

    def _dealt(self, loader: Any, training: bool) -> Any:
        """The loader, or one made anew with a sampler that deals out over ranks."""
        stream = isinstance(loader.dataset, data.IterableDataset)
        if self.world == 1 or stream or isinstance(loader.sampler, data.DistributedSampler):
            return loader
        sampler = data.DistributedSampler(
            loader.dataset, self.world, self.rank, shuffle=training, seed=0
        )
        return anew(loader, sampler=sampler, batch_size=loader.batch_size)


class FabricLike:
    """A loader that Fabric has set up: it tells the samplers how often it was iterated."""

    def __init__(self, loader: Any, rank: int = 0, world: int = 1) -> None:
        self._dataloader = LightningLike(rank, world)._dealt(loader, True)
        self._passes = 0

    def __iter__(self) -> Iterator[Any]:
        tell_samplers(self._dataloader, self._passes)
        self._passes += 1
        yield from iter(self._dataloader)


class _IndexBatchSamplerWrapper:
    """A batch sampler around another; its `__iter__` begins anew and returns itself.

    It has Lightning's name, by which it is known.
    """

    def __init__(self, batch_sampler: Any) -> None:
        self.__dict__ = dict(batch_sampler.__dict__)
        self._batch_sampler = batch_sampler

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> _IndexBatchSamplerWrapper:
        self._iterator = iter(self._batch_sampler)
        return self

    def __next__(self) -> Any:
        return next(self._iterator)


def anew(loader: Any, **order: Any) -> Any:
    """A loader of the same class, of which only the order is another."""
    return type(loader)(
        loader.dataset,
        num_workers=loader.num_workers,
        persistent_workers=loader.persistent_workers,
        collate_fn=loader.collate_fn,
        **order,
    )


def tell_samplers(loader: Any, epoch: int) -> None:
    """Say the epoch to a loader's sampler and to its batch sampler's."""
    told = []
    for sampler in (loader.sampler, getattr(loader.batch_sampler, "sampler", None)):
        if callable(getattr(sampler, "set_epoch", None)) and all(sampler is not t for t in told):
            sampler.set_epoch(epoch)
            told.append(sampler)
