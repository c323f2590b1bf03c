"""What streams of Hugging Face need, without importing that library."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from seedaug.data.reach import walk


def is_hugging_face(source: Any) -> bool:
    """Whether this is a `datasets.IterableDataset`."""
    return str(type(source).__module__).partition(".")[0] == "datasets"


def forgets(source: Any) -> bool:
    """Whether a stream of Hugging Face shuffles in a buffer: its state leaves out what is in that.

    It says so itself, and would go on behind the samples that it holds, which nobody would see.
    """
    if not is_hugging_face(source):
        return False
    stages = [getattr(source, "_ex_iterable", None)]
    while stages:
        stage = stages.pop()
        if type(stage).__name__ == "BufferShuffledExamplesIterable":
            return True
        stages += getattr(stage, "ex_iterables", None) or []
        if (inner := getattr(stage, "ex_iterable", None)) is not None:
            stages.append(inner)
    return False


def own_epochs(source: Any) -> None:
    """Give this process epochs of its own in the streams of Hugging Face that `source` holds.

    Workers and ranks that were forked share one in memory, and `set_epoch` adds to it what is
    missing: two that do so at a time end in another epoch, with shards in another order or another
    worker's.
    """
    for _, held in walk({"source": source}):
        epoch: Any = getattr(held, "__dict__", {}).get("_epoch") if is_hugging_face(held) else None
        if isinstance(epoch, Tensor) and epoch.is_shared():  # type: ignore[no-untyped-call]
            held._epoch = epoch.clone()
