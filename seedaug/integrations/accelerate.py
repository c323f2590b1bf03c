"""accelerate: a loader whose epoch and place `save_state` keeps.

`Accelerator.prepare(seedaug.DataLoader(...))` deals every sample out once, in the right epoch, and
needs nothing of this module. But accelerate forgets the epoch: after `load_state` its loaders count
from 0 again, and after `skip_first_batches` from where they were. `prepare` here does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accelerate import Accelerator, PartialState, skip_first_batches
from accelerate.data_loader import DataLoaderDispatcher
from torch.utils.data import IterableDataset

from seedaug.data.loader import DataLoader
from seedaug.data.state import Position, checked_count
from seedaug.key import check_coordinate

__all__ = ["Prepared", "prepare"]


def prepare(accelerator: Accelerator, loader: DataLoader) -> Prepared:
    """Prepare a loader, and have the accelerator's checkpoints say where it is.

    Args:
        accelerator: whose processes the order is dealt out over, and whose `save_state` and
            `load_state` carry the epoch and the batch.
        loader: made without `num_replicas` and `rank`.

    Returns:
        The loader to iterate. After `accelerator.load_state(...)` its next pass is the rest of the
        epoch; no `set_epoch` and no `skip_first_batches` is needed.

    Raises:
        TypeError: `loader` is no `seedaug.DataLoader`.
        ValueError: the accelerator keeps loaders' places itself (`use_stateful_dataloader=True`).
    """
    if accelerator.dataloader_config.use_stateful_dataloader:
        raise ValueError(
            "prepare: with use_stateful_dataloader=True the accelerator keeps the place too, and "
            "batches would be left out twice; leave that option out"
        )
    if not isinstance(loader, DataLoader):
        raise TypeError(
            f"prepare: loader must be a seedaug.DataLoader, got {type(loader).__name__}"
        )
    prepared = Prepared(accelerator.prepare(loader), loader.seed)
    accelerator.register_for_checkpointing(prepared)
    return prepared


class Prepared:
    """A loader that accelerate has prepared, with its epoch and its place.

    Args:
        loader: from `Accelerator.prepare`.
        seed: of the seedaug loader that was prepared.
    """

    def __init__(self, loader: Any, seed: int) -> None:
        self.loader = loader
        self.seed = seed
        self._next = Position(0)  # where the next pass begins
        self._loaded = False  # from a checkpoint
        self._shown: Position | None = None  # of the pass that moved last, if that came after

    @property
    def epoch(self) -> int:
        """The epoch of the pass that moved last, or else of the next."""
        return (self._shown or self._next).epoch

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass's: from its start, or the rest that a checkpoint left."""
        epoch = check_coordinate("epoch", epoch)
        if not (self._loaded and epoch == self._next.epoch):
            self._next, self._loaded, self._shown = Position(epoch), False, None

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        position = self._shown = self._next
        self._next, self._loaded = Position(position.epoch + 1), False
        self.loader.set_epoch(position.epoch)
        skipped = position.batch * self._batches_a_step()
        for batch in skip_first_batches(self.loader, skipped) if skipped else self.loader:
            position.batch += 1
            self._shown = position
            yield batch
        if self._shown is position:
            self._shown = None

    def _batches_a_step(self) -> int:
        """How many batches of the order one step takes, as `skip_first_batches` counts them."""
        dispatched = isinstance(self.loader, DataLoaderDispatcher) and not self.loader.split_batches
        stream = isinstance(self.loader.dataset, IterableDataset)
        return self.loader.state.num_processes if dispatched and not stream else 1

    def _step(self) -> int:
        """Samples that a step takes on all processes, or 0 where accelerate can't say."""
        try:
            return int(self.loader.total_batch_size)
        except (AttributeError, TypeError):
            processes: int = PartialState().num_processes
            return processes

    def state_dict(self) -> dict[str, int]:
        """The epoch, how many of its batches this process has had, and samples in a step."""
        place = self._shown or self._next
        found = {"seed": self.seed, "epoch": place.epoch, "batch": place.batch}
        return {**found, "step": self._step()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken: with as many processes, and the same batch size.

        Raises:
            ValueError: the state is of another seed, batch size or number of processes, or out of
                range.
            TypeError: an entry is no integer.
        """
        if (seed := check_coordinate("seed", state["seed"])) != self.seed:
            raise ValueError(f"load_state_dict: the state is of seed {seed}, not {self.seed}")
        if (step := state.get("step")) != self._step():
            raise ValueError(
                f"load_state_dict: the state was taken with steps of {step} samples on all "
                f"processes, here they are of {self._step()}: resume with as many processes and "
                "the same batch size"
            )
        epoch = check_coordinate("epoch", state["epoch"])
        self._next = Position(epoch, checked_count("batch", state["batch"]))
        self._loaded, self._shown = True, None

    def __getattr__(self, name: str) -> Any:
        if name == "loader" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.loader, name)
