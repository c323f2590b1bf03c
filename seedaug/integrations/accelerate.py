"""accelerate: a loader whose epoch and place `save_state` keeps.

`Accelerator.prepare(seedaug.DataLoader(...))` deals every sample out once, in the right epoch, and
needs nothing of this module. But accelerate forgets the epoch: after `load_state` its loaders count
from 0 again, and after `skip_first_batches` from where they were. `prepare` here does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accelerate import Accelerator, skip_first_batches

from seedaug.data.loader import DataLoader
from seedaug.data.state import checked_count
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
    """
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
        self.epoch = 0
        """Of the pass that runs, or else of the next."""
        self.batch = 0
        """How many batches of that epoch this process has had."""

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next pass's; the rest of it, if a checkpoint in mid-epoch was loaded."""
        if check_coordinate("epoch", epoch) != self.epoch:
            self.epoch, self.batch = epoch, 0

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        self.loader.set_epoch(self.epoch)
        rest = skip_first_batches(self.loader, self.batch) if self.batch else self.loader
        for batch in rest:
            self.batch += 1
            yield batch
        self.epoch, self.batch = self.epoch + 1, 0

    def state_dict(self) -> dict[str, int]:
        """The epoch, and how many of its batches this process has had."""
        return {"seed": self.seed, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken: with as many processes, and the same batch size.

        Raises:
            ValueError: the state is of another seed, or out of range.
            TypeError: an entry is no integer.
        """
        if (seed := check_coordinate("seed", state["seed"])) != self.seed:
            raise ValueError(f"load_state_dict: the state is of seed {seed}, not {self.seed}")
        self.epoch = check_coordinate("epoch", state["epoch"])
        self.batch = checked_count("batch", state["batch"])

    def __getattr__(self, name: str) -> Any:
        if name == "loader" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.loader, name)
