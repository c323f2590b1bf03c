"""What frameworks do with a loader and don't tell it, known by who calls.

Each function looks up through the frames of its callers for one class of one framework, and only if
that framework is loaded. `make test-frameworks` runs them against the real ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

from torch.utils.data import IterableDataset

_FRAMES = 40  # to look up through: workers are primed some fifteen calls below accelerate's loader


def _frames(module: str) -> Iterator[FrameType]:
    """The calls of a module's code that led here, the innermost first."""
    loaded = sys.modules.get(module)
    if loaded is None:
        return
    frame = sys._getframe(2)
    for _ in range(_FRAMES):
        if frame.f_globals is loaded.__dict__:
            yield frame
        if frame.f_back is None:
            return
        frame = frame.f_back


class Asker(NamedTuple):
    """Who asks for an order that isn't seedaug's own loader."""

    accelerate: bool  # something of accelerate's, which keeps the loader's collate_fn and workers
    dealer: Any | None = None  # what of accelerate's deals it out over ranks
    skips: bool = False  # and the first batches are dropped: `skip_first_batches`
    dispatches: bool = False  # the dealer hands out what one process loads
    knows: bool = False  # seedaug.integrations.accelerate has a hand in it


def who_asks() -> Asker:
    """Who asks for the order that is being made.

    accelerate wraps a loader's batch sampler (`BatchSamplerShard`) or hands out the batches of its
    first process (`DataLoaderDispatcher`), and tells neither. It is known by being the caller.
    """
    module: Any = sys.modules.get("accelerate.data_loader")
    accelerate, skips, found = False, False, None
    for frame in _frames("accelerate.data_loader"):
        accelerate = True
        caller: Any = frame.f_locals.get("self")
        kind: Any = type(caller)
        shard = kind is module.BatchSamplerShard and caller.num_processes > 1
        dispatcher = kind is module.DataLoaderDispatcher and caller.state.num_processes > 1
        if shard or dispatcher:
            found = caller
        skips = skips or kind is module.SkipBatchSampler
    dispatches = found is not None and type(found) is module.DataLoaderDispatcher
    knows = any(True for _ in _frames("seedaug.integrations.accelerate"))
    return Asker(accelerate, found, skips, dispatches, knows)


def counting_loader() -> Any | None:
    """The loader of accelerate's that sets an epoch because it counted so, at `iter`."""
    for frame in _frames("accelerate.data_loader"):
        if frame.f_code.co_name == "__iter__":
            return frame.f_locals.get("self")
    return None


def is_in_another_pass(counter: Any) -> bool:
    """Whether another of accelerate's loaders, over the same map-style dataset, is in a pass.

    One that was left by a `break` counts as being in it.
    """
    if isinstance(counter.dataset, IterableDataset):  # looks at its epoch when a pass begins
        return False
    state = getattr(counter, "gradient_state", None)
    others = [each for each in getattr(state, "dataloader_references", ()) if each is not counter]
    return any(
        each is not None and each.dataset is counter.dataset and not _carries_epochs(each)
        for each in others
    )


def _carries_epochs(loader: Any) -> bool:
    """Whether seedaug's sampler is somewhere in it: its samples come with their epoch."""
    sampler = loader.batch_sampler
    while sampler is not None:
        kinds = (type(each).__module__ for each in (sampler, getattr(sampler, "sampler", None)))
        if any(kind.startswith("seedaug.") for kind in kinds):
            return True
        sampler = getattr(sampler, "batch_sampler", None)
    return False


def trained_by_transformers() -> bool:
    """Whether Hugging Face's Trainer trains, and maybe evaluates in the middle of an epoch."""
    return any(
        "_training_loop" in frame.f_code.co_name for frame in _frames("transformers.trainer")
    )


def told_by_lightning() -> bool:
    """Whether an epoch is set by Lightning, which tells it to samplers."""
    modules = ("lightning.fabric.utilities.data", "lightning_fabric.utilities.data")
    return any(True for module in modules for _ in _frames(module))


def evaluated_by_lightning() -> bool:
    """Whether Lightning validates, tests or predicts, maybe in the middle of an epoch."""
    loops = ("lightning.pytorch.loops", "pytorch_lightning.loops")
    modules = [f"{loop}.{kind}_loop" for loop in loops for kind in ("evaluation", "prediction")]
    return any(True for module in modules for _ in _frames(module))


def fetched_ahead() -> int | None:
    """How many batches Lightning's fit loop has in hand that it did not train on; None if not it.

    It reads a loader of unknown length one batch ahead, to know which is the last; and after an
    error in a step there is the batch of that step.
    """
    loop = _fit_loop()
    fetcher = getattr(loop, "_data_fetcher", None)
    if loop is None or fetcher is None:
        return None
    epoch_loop = getattr(loop, "epoch_loop", None)
    progress = getattr(getattr(epoch_loop, "batch_progress", None), "current", None)
    failed = progress.ready - progress.processed if progress is not None else 0
    return len(getattr(fetcher, "batches", ())) + int(failed)


def _fit_loop() -> Any | None:
    for module in ("lightning.pytorch.loops.fit_loop", "pytorch_lightning.loops.fit_loop"):
        for frame in _frames(module):
            if hasattr(loop := frame.f_locals.get("self"), "epoch_progress"):
                return loop
    return None


def epoch_of_trainer() -> tuple[int, str] | None:
    """The epoch that a trainer is in which asks for what it trains on, and whose it is."""
    for frame in _frames("transformers.trainer"):
        if frame.f_code.co_name in ("evaluation_loop", "prediction_loop"):
            return None
        epoch = frame.f_locals.get("epoch")
        if type(epoch) is int:
            return epoch, "transformers"
    if evaluated_by_lightning():
        return None
    loop = _fit_loop()
    callbacks: Any = sys.modules.get("seedaug.integrations.lightning")
    if loop is None or (
        callbacks
        and any(isinstance(each, callbacks.EpochCallback) for each in loop.trainer.callbacks)
    ):
        return None  # the callback tells late, and has what was loaded before loaded again
    progress = loop.epoch_progress
    ended = loop.restarting and loop.epoch_loop.batch_progress.is_last_batch  # but not yet counted
    ended = ended and progress.total.processed < progress.total.started
    return progress.current.processed + int(ended), "lightning"


def repeats_its_sampler() -> bool:
    """Whether this is a worker, forked for a loader whose sampler never ends.

    timm's `MultiEpochsDataLoader` and YOLO's `InfiniteDataLoader` keep one iterator for all epochs,
    by a `_RepeatSampler`, so that workers are in the next epoch before anybody says so.
    """
    for frame in _frames("torch.utils.data.dataloader"):
        loader = frame.f_locals.get("loader")
        samplers = (getattr(loader, "batch_sampler", None), getattr(loader, "sampler", None))
        if frame.f_code.co_name == "__init__" and "_RepeatSampler" in map(_kind, samplers):
            return True
    return False


def _kind(thing: object) -> str:
    return type(thing).__name__


def dealt_twice(what: str) -> RuntimeError:
    """The error for an order that is dealt out over ranks, and then once more."""
    return RuntimeError(
        f"{what} deals its order out over ranks, and accelerate deals it out again: each process "
        "would see a part of its part. Leave the dealing to accelerate: give seedaug.DataLoader "
        "no num_replicas= (it knows of accelerate), a KeyedSampler num_replicas=1, rank=0, and "
        "no DistributedSampler"
    )
