"""Lightning: a callback that tells seeded datasets their epoch, for loaders that cannot do so themselves."""

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


class EpochCallback(Callback):
    """Tells the seeded datasets of a Trainer's loaders which epoch it is in, also after a resume.

    For torch's own DataLoader over a `SeededDataset`, which nobody else tells. A `seedaug.DataLoader` is told through
    its sampler and needs no callback, but over a stream: a stream has no sampler, and Lightning has read its first
    batch before it says anything.

    The datasets of validation, test and prediction get the epoch of the training; a pass that Lightning runs again
    repeats its draws on purpose, unwarned.

    >>> trainer = Trainer(callbacks=[EpochCallback()])  # doctest: +SKIP
    """

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Before the first batch, but after `iter(loader)`: Lightning has made the iterator by now.

        Workers may have begun to load in the wrong epoch then (after a resume), so that what they have is thrown away.
        """
        if self._tell(trainer) and trainer.fit_loop._data_fetcher is not None:
            iter(trainer.fit_loop._data_fetcher)

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
        epoch = trainer.fit_loop.epoch_progress.current.processed
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


def _again(loaders: Any) -> None:
    for teller in _tellers(loaders):
        if isinstance(teller, KeyedSource):
            teller.set_epoch(teller.epoch)


def _tellers(loaders: Any) -> Iterator[KeyedSource | DataLoader]:
    """Who is to be told, however the loaders are nested: seedaug's loaders, and the seeded datasets behind others."""
    if isinstance(loaders, DataLoader):
        yield loaders
    elif isinstance(loaders, dict):
        yield from _tellers([*loaders.values()])
    elif isinstance(loaders, (list, tuple)):
        for loader in loaders:
            yield from _tellers(loader)
    elif hasattr(loaders, "flattened"):  # Lightning's CombinedLoader
        yield from _tellers(loaders.flattened)
    elif hasattr(loaders, "dataset"):
        yield from seeded_within(loaders.dataset)
