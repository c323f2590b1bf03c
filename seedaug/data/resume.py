"""Resuming a dataset from its state: what that must hold, and whose epoch counts afterwards."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from seedaug import _core
from seedaug.data.epoch import SharedEpoch
from seedaug.key import check_coordinate


def is_stateful(source: object) -> bool:
    """Whether this can tell its place and go there again, by the protocol of torchdata."""
    return all(callable(getattr(source, name, None)) for name in ("state_dict", "load_state_dict"))


def checked_state(
    state: object, seed: int, name: str, more: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The state of a dataset with this seed, its epoch checked.

    Raises:
        TypeError: it is no dict, or its epoch is no integer.
        ValueError: it lacks an entry (`more` beside those of every dataset), is of another seed or
            stream version, or its epoch is out of range.
    """
    said = f"{name}.load_state_dict"
    if not isinstance(state, Mapping):
        raise TypeError(f"{said}: the state must be a dict, from state_dict(), got {state!r}")
    wanted = ("seed", "epoch", "stream_version", *more)
    if missing := [entry for entry in wanted if entry not in state]:
        raise ValueError(f"{said}: the state lacks {missing}, it has {sorted(map(str, state))}")
    if (came := check_coordinate("seed", state["seed"])) != seed:
        raise ValueError(f"{said}: the state is of seed {came}, this dataset of {seed}")
    version = state["stream_version"]
    if type(version) is not int or version != _core.STREAM_VERSION:
        raise ValueError(
            f"{said}: the state is of stream version {version!r}, this seedaug draws version "
            f"{_core.STREAM_VERSION}: the run cannot go on with the same numbers"
        )
    return {**state, "epoch": check_coordinate("epoch", state["epoch"])}


def take_over(clock: SharedEpoch, epoch: int, name: str) -> bool:
    """Make a loaded state's epoch the dataset's, unless the user has set a later one since.

    Loaders hand a state to the dataset when a pass begins, which is after the user's `set_epoch`.
    After the last batch of epoch 4 that was ``set_epoch(5)``, and counts. An earlier epoch than the
    state's comes from a program that counts from 0 again.

    Returns:
        Whether the state's epoch is the dataset's now.
    """
    chosen, awaited = clock.epoch, clock.awaited
    if awaited and chosen > epoch:
        return False
    if awaited and chosen < epoch:
        warnings.warn(
            f"{name}: set_epoch({chosen}) was called, yet the state that is resumed was taken in "
            f"epoch {epoch}: the pass draws in epoch {epoch}. Count the epochs of a resumed run "
            "from the one that its state was taken in",
            UserWarning,
            stacklevel=4,
        )
    clock.begin(epoch)
    return True
