"""Lightning: a callback that tells seeded datasets their epoch, where nobody else does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from seedaug.data.adopt import seeded_within
from seedaug.data.keyed import KeyedSource
from seedaug.data.loader import DataLoader

if "pytorch_lightning" in sys.modules and "lightning" not in sys.modules:
    from pytorch_lightning import Callback
else:
    try:
        from lightning.pytorch import Callback
    except ImportError:
        from pytorch_lightning import Callback


class EpochCallback(Callback):  # type: ignore[misc]  # its base is unknown without the framework
    """Tells the seeded datasets of a Trainer's loaders which epoch it is in, also after a resume.

    For torch's own DataLoader over a `SeededDataset`, which nobody else tells. A
    `seedaug.DataLoader` is told through its sampler and needs no callback, but over a stream of
    unknown length: Lightning has read its first batch before it says anything.

    The datasets of validation, test and prediction get the epoch of the training; a pass that
    Lightning runs again repeats its draws on purpose, unwarned.

    >>> trainer = Trainer(callbacks=[EpochCallback()])  # doctest: +SKIP
    """

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Before the first batch, but after `iter(loader)`: Lightning has made the iterator by now.

        After a resume workers have begun to load in the wrong epoch then: what they have is thrown
        away.
        """
        if self._tell(trainer) and (fetcher := trainer.fit_loop._data_fetcher) is not None:
            fetcher.teardown()  # ends those workers
            # Lightning tells the samplers after this: too late for what is loaded from now on.
            _tell_samplers(trainer.train_dataloader, _epoch(trainer))
            self._tell(trainer)  # what those workers visited does not count
            iter(fetcher)

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Before `iter(loader)`, in every epoch but the first."""
        self._tell(trainer)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Let the next pass over these datasets be one on purpose."""
        _again(trainer.val_dataloaders)

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        """As `on_validation_end`."""
        _again(trainer.test_dataloaders)

    def on_predict_end(self, trainer: Any, pl_module: Any) -> None:
        """As `on_validation_end`."""
        _again(trainer.predict_dataloaders)

    def _tell(self, trainer: Any) -> bool:
        """Whether that was news to a training dataset."""
        epoch = _epoch(trainer)
        late = False
        for teller in _tellers(trainer.train_dataloader):
            if teller.epoch != epoch:
                late = True
                teller.set_epoch(epoch)
            elif isinstance(teller, KeyedSource):
                teller.set_epoch(epoch)  # once more is on purpose
        for teller in _tellers(trainer.val_dataloaders):
            if isinstance(teller, KeyedSource):
                teller.set_epoch(epoch)
        return late


def resume(loader: Any, state: dict[str, Any] | None = None) -> Any:
    """Have a loader that Fabric has set up go on where `state` was taken.

    Fabric counts a loader's passes from 0 in each process and tells the count to its sampler, so
    that a resumed run would be in the wrong epoch; `load_state_dict` alone ends in an error that
    names this function.

    Args:
        loader: from `Fabric.setup_dataloaders(seedaug.DataLoader(...))`.
        state: from the loader's `state_dict`; None if `Fabric.load` has loaded it already.

    Returns:
        The loader, whose next pass is the rest of the state's epoch: loop over
        ``range(state["epoch"], epochs)``.

    Raises:
        TypeError: `loader` holds no `seedaug.DataLoader`.
    """
    inner = getattr(loader, "_dataloader", loader)
    if not isinstance(inner, DataLoader):
        raise TypeError(
            f"resume: loader must be a seedaug.DataLoader that Fabric has set up, got "
            f"{type(inner).__name__}"
        )
    if state is not None:
        inner.load_state_dict(state)
    if inner is not loader:
        loader._num_iter_calls = inner.epoch
    return loader


def _again(loaders: Any) -> None:
    for teller in _tellers(loaders):
        if isinstance(teller, KeyedSource):
            teller.set_epoch(teller.epoch)


def _epoch(trainer: Any) -> int:
    """The epoch that Lightning tells samplers; `current_epoch` may lag behind it after a resume."""
    epoch: int = trainer.fit_loop.epoch_progress.current.processed
    return epoch


def _loaders(loaders: Any) -> Iterator[Any]:
    """Each loader, however they are nested."""
    if isinstance(loaders, dict):
        loaders = [*loaders.values()]
    if isinstance(loaders, (list, tuple)):
        for loader in loaders:
            yield from _loaders(loader)
    elif hasattr(loaders, "flattened"):  # Lightning's CombinedLoader
        yield from _loaders(loaders.flattened)
    elif loaders is not None:
        yield loaders


def _tellers(loaders: Any) -> Iterator[KeyedSource | DataLoader]:
    """Who is to be told: seedaug's loaders, and the seeded datasets behind others."""
    for loader in _loaders(loaders):
        if isinstance(loader, DataLoader):
            yield loader
        else:
            yield from seeded_within(getattr(loader, "dataset", None))


def _tell_samplers(loaders: Any, epoch: int) -> None:
    for loader in _loaders(loaders):
        batch_sampler = getattr(loader, "batch_sampler", None)
        for sampler in (getattr(loader, "sampler", None), getattr(batch_sampler, "sampler", None)):
            if callable(set_epoch := getattr(sampler, "set_epoch", None)):
                set_epoch(epoch)
