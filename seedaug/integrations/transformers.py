"""Hugging Face's Trainer: a callback that tells seeded datasets their epoch."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from seedaug.data.adopt import seeded_within
from seedaug.data.keyed import KeyedSource


class EpochCallback(TrainerCallback):  # type: ignore[misc]  # its base is unknown without the framework
    """Tells the seeded datasets of a Trainer which epoch it is in, also after a resume.

    Needed with `Trainer(train_dataset=SeededDataset(...))`: the Trainer's own loaders tell a
    dataset its epoch on one rank, and not on several, nor after `resume_from_checkpoint`.

    >>> trainer = Trainer(..., callbacks=[EpochCallback()])  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._epoch: int | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """The next epoch is the first of this run."""
        self._epoch = None

    def on_epoch_begin(
        self, args: Any, state: Any, control: Any, train_dataloader: Any = None, **others: Any
    ) -> None:
        """Before the Trainer makes the epoch's iterator."""
        # state.epoch has a fraction when a run is taken up in mid-epoch, and always over streams.
        self._epoch = int(state.epoch or 0) if self._epoch is None else self._epoch + 1
        _tell(train_dataloader, self._epoch)

    def on_evaluate(
        self,
        args: Any,
        state: Any,
        control: Any,
        train_dataloader: Any = None,
        eval_dataloader: Any = None,
        **others: Any,
    ) -> None:
        """After an evaluation: let the next be a repetition on purpose.

        One of the training set itself has told that another epoch.
        """
        _again(eval_dataloader)
        if self._epoch is not None:
            for source in _sources(train_dataloader):
                if source.epoch != self._epoch:
                    source.set_epoch(self._epoch)

    def on_prediction_step(
        self, args: Any, state: Any, control: Any, eval_dataloader: Any = None, **others: Any
    ) -> None:
        """Let what follows be a repetition on purpose."""
        _again(eval_dataloader)


def _sources(loader: Any) -> list[KeyedSource]:
    return seeded_within(getattr(loader, "dataset", None))


def _tell(loader: Any, epoch: int) -> None:
    for source in _sources(loader):
        source.set_epoch(epoch)


def _again(loader: Any) -> None:
    for source in _sources(loader):
        source._clock.begin(source.epoch)
