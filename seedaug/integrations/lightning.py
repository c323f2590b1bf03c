"""Lightning: a callback that tells seeded datasets their epoch, for loaders that cannot do so themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from seedaug.data.adopt import seeded_within
from seedaug.data.keyed import KeyedSource

if "pytorch_lightning" in sys.modules and "lightning" not in sys.modules:
    from pytorch_lightning import Callback
else:
    try:
        from lightning.pytorch import Callback
    except ImportError:
        from pytorch_lightning import Callback


class EpochCallback(Callback):
    """Tells the seeded datasets of a Trainer's loaders which epoch it is in, also after a resume.

    For torch's own DataLoader over a `SeededDataset`, which nobody else tells. A `seedaug.DataLoader` needs it for one
    thing: over a stream without a length, of which Lightning reads a batch ahead, the checkpoint's place is put right.

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

    def on_save_checkpoint(
        self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]
    ) -> None:
        """Take back from the loaders' states what Lightning has read ahead and not trained on."""
        ahead = len(getattr(trainer.fit_loop._data_fetcher, "batches", ()))
        loop = checkpoint.get("loops", {}).get("fit_loop", {})
        for state in loop.get("state_dict", {}).get("combined_loader", ()):
            if ahead and "stream_version" in state:
                state["batch"] = max(state["batch"] - ahead, 0)

    def _tell(self, trainer: Any) -> bool:
        """Whether that was news to a training dataset."""
        epoch = trainer.fit_loop.epoch_progress.current.processed
        late = False
        for source in _sources(trainer.train_dataloader):
            late |= source.epoch != epoch
            source.set_epoch(epoch)
        for source in _sources(trainer.val_dataloaders):
            source.set_epoch(epoch)
        return late


def _again(loaders: Any) -> None:
    for source in _sources(loaders):
        source.set_epoch(source.epoch)


def _sources(loaders: Any) -> Iterable[KeyedSource]:
    """The seeded datasets behind stock loaders, however they are nested; seedaug's tell their own."""
    from seedaug.data.loader import DataLoader

    if isinstance(loaders, DataLoader) or loaders is None:
        return
    if isinstance(loaders, dict):
        loaders = list(loaders.values())
    if isinstance(loaders, (list, tuple)):
        for loader in loaders:
            yield from _sources(loader)
    elif hasattr(loaders, "dataset"):
        yield from seeded_within(loaders.dataset)
    elif hasattr(loaders, "flattened"):  # Lightning's CombinedLoader
        yield from _sources(loaders.flattened)
