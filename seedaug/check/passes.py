"""One run: a loader like the user's, with workers of its own, asked for chosen samples."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.utils.data

from seedaug.check.probe import Probe
from seedaug.check.records import Event, Phase, Run
from seedaug.check.stage import Send, how_it_ended
from seedaug.check.survey import detach, is_stream, tell_epoch
from seedaug.data.adopt import seeded_within
from seedaug.data.index import EpochBatch, SampleIndex
from seedaug.data.loader import DataLoader

__all__ = ["Ask", "Plan", "asked", "run"]


@dataclass(frozen=True)
class Plan:
    """What a run does.

    Args:
        workers: worker processes; 0 loads in the main process.
        epochs: their numbers, in order.
        batches: how many different batches are asked for.
        size: samples in a batch.
        natural: one pass as in training, or the probing script (see `Phase`).
        skip: batches left out at the start, as by a run that resumes.
        persistent: whether workers live on from epoch to epoch.
        method: the start method of processes; None is the loader's own.
        rank: which rank is played; None plays none.
        tell: whether `set_epoch` is called before each epoch.
        trace, spy: as for `Probe`.
        one_by_one: send a worker nothing before it has answered, so that it is known what it does.
    """

    workers: int
    epochs: tuple[int, ...]
    batches: int
    size: int
    natural: bool = True
    skip: int = 0
    persistent: bool = False
    method: str | None = None
    rank: int | None = None
    tell: bool = True
    trace: bool = False
    spy: bool = True
    one_by_one: bool = False


class WorkerDied(RuntimeError):
    """A worker process ended without having been told to."""


@dataclass(frozen=True)
class Ask:
    """One batch to ask for: of which worker, as its how many-th, which samples."""

    worker: int
    position: int
    phase: Phase
    key: tuple[int, ...]


def asked(plan: Plan, epoch: int, count: int) -> list[Ask]:
    """The batches of an epoch, in the order in which a DataLoader deals them out to workers.

    Args:
        plan: the run's.
        epoch: its number.
        count: how many different samples there are.
    """
    dealt = max(1, plan.workers)
    keys = [tuple(range(at, min(at + plan.size, count))) for at in range(0, count, plan.size)]
    keys = keys[: plan.batches]
    if plan.natural:
        part = enumerate(keys[plan.skip :])
        return [Ask(j % dealt, j // dealt, Phase.NATURAL, key) for j, key in part]
    asks = []
    for position in range(3 * len(keys)):
        turn, phase = position // 3, (Phase.ALIGNED, Phase.SHIFTED, Phase.AGAIN)[position % 3]
        for worker in range(dealt):
            shift = 0
            if phase is Phase.SHIFTED:
                shift = 1 + worker + epoch * dealt + (plan.rank or 0) * (dealt + 1)
            asks.append(Ask(worker, position, phase, keys[(turn + shift) % len(keys)]))
    if plan.trace and epoch == plan.epochs[0]:
        asks += [Ask(worker, 3 * len(keys), Phase.ALIGNED, keys[0]) for worker in range(dealt)]
    return asks


class Script:
    """Stands in for the sampler: gives the indices of what is asked for, until time is up."""

    def __init__(self, loader: Any, indices: list[Any], batched: bool) -> None:
        self._rides = isinstance(loader, DataLoader)
        self._indices = indices
        self._batched = batched
        self.asks: list[Ask] = []
        self.last: Ask | None = None  # that was handed over
        self.epoch = 0
        self.until = 0.0

    def __len__(self) -> int:
        return len(self.asks)

    def __iter__(self) -> Iterator[Any]:
        for number, ask in enumerate(self.asks):
            if number >= 3 and time.monotonic() > self.until:
                return
            self.last = ask
            indices = [self._indices[place] for place in ask.key]
            if self._rides and self._batched:
                yield EpochBatch(indices, self.epoch, number=ask.key[0])
            elif self._rides:
                yield SampleIndex(indices[0], self.epoch)
            else:
                yield indices if self._batched else indices[0]


def run(loader: Any, indices: list[Any], plan: Plan, seconds: float, say: Send) -> Run:
    """In the stage: load what the plan asks for, and return what the workers tell.

    Args:
        loader: the user's.
        indices: the samples that `Ask.key` numbers.
        plan: the run's.
        seconds: until when the last batch should be asked for.
        say: is told what is being waited for.
    """
    started = time.monotonic()
    _play_rank(loader, plan.rank)
    detach(loader)
    batched = loader.batch_size is not None or loader.batch_sampler is not None
    last = 3 * min(plan.batches, -(-len(indices) // plan.size))
    trace_at = (1 if is_stream(loader) else last) if plan.trace else None
    rides = isinstance(loader, DataLoader)
    collate = loader._collation(None) if rides else loader.collate_fn
    probe = Probe(loader.dataset, collate, loader.worker_init_fn, batched, trace_at, plan.spy)
    script = Script(loader, indices, batched)
    if plan.method is not None:
        _hide_main(loader)
    clone = _clone(loader, plan, probe, script, batched)
    if plan.workers == 0:
        probe.begin()
    events: list[Event] = []
    iterator: Any = None
    for number, epoch in enumerate(plan.epochs, 1):
        if plan.tell:
            tell_epoch(loader, epoch)
        for source in seeded_within(loader.dataset) if rides else ():
            source._clock.begin(epoch)
        script.epoch = epoch
        script.asks = [] if is_stream(loader) else asked(plan, epoch, len(indices))
        script.until = started + seconds * number / len(plan.epochs)
        epoch_of = _stream_epoch if is_stream(loader) else _epoch
        try:
            iterator = iter(clone)
            events += epoch_of(iterator, script, plan, indices, say)
        except RuntimeError as error:
            if (death := _death(iterator, error)) is None:
                raise
            if plan.one_by_one and script.last is not None:
                say(_told(script.last, epoch, plan, indices))
            raise WorkerDied(f"a worker process ended ({death})") from error
        if not plan.persistent:
            _shut_down(iterator)
    _shut_down(iterator)
    notes = sorted({note for event in events for note in event.record.notes})
    return Run(events, notes)


def _epoch(
    iterator: Any, script: Script, plan: Plan, indices: list[Any], say: Send
) -> Iterator[Event]:
    for ask in script.asks:
        say(_told(ask, script.epoch, plan, indices))
        try:
            record = next(iterator)
        except StopIteration:
            return
        yield Event(plan.rank or 0, ask.worker, script.epoch, ask.position, ask.phase, ask.key,
                    record)  # fmt: skip


def _told(ask: Ask, epoch: int, plan: Plan, indices: list[Any]) -> str:
    shown = ", ".join(repr(indices[place]) for place in ask.key[:4])
    who = f"worker {ask.worker}" if plan.workers else "the main process"
    return f"epoch {epoch}, {who}, sample {shown}"


def _stream_epoch(
    iterator: Any, script: Script, plan: Plan, indices: list[Any], say: Send
) -> Iterator[Event]:
    dealt = max(1, plan.workers)
    made: Counter[int] = Counter()
    phase = Phase.NATURAL if plan.natural else Phase.ALIGNED
    each = plan.batches if plan.natural else 3 * plan.batches
    for number in range(dealt * each):
        if number >= 3 and time.monotonic() > script.until:
            return
        say(f"epoch {script.epoch}, batch {number} of the stream, worker {number % dealt}")
        try:
            record = next(iterator)
        except StopIteration:
            return
        position = made[record.worker]
        made[record.worker] += 1
        yield Event(plan.rank or 0, record.worker, script.epoch, position, phase, (), record)


def _death(iterator: Any, error: RuntimeError) -> str | None:
    """How a worker process ended, if that is what torch's error is about.

    Torch raises it from a signal handler, so it may come up anywhere.
    """
    if "DataLoader worker (pid" not in str(error):
        return None
    for worker in getattr(iterator, "_workers", ()):
        worker.join(0.2)
        if worker.exitcode:
            return how_it_ended(worker.exitcode)
    return str(error)


def _clone(loader: Any, plan: Plan, probe: Probe, script: Script, batched: bool) -> Any:
    options: dict[str, Any] = {}
    if is_stream(loader):
        options["batch_size"] = plan.size if batched else None
    elif batched:
        options["batch_sampler"] = script
    else:
        options.update(batch_size=None, sampler=script)
    if plan.workers:
        method = plan.method or getattr(loader, "multiprocessing_context", None)
        options.update(
            multiprocessing_context=method,
            persistent_workers=plan.persistent,
            prefetch_factor=1 if plan.one_by_one else 2,
        )
    return torch.utils.data.DataLoader(
        loader.dataset,
        num_workers=plan.workers,
        collate_fn=probe.collate,
        worker_init_fn=probe.start,
        generator=loader.generator,
        **options,
    )


def _shut_down(iterator: Any) -> None:
    if iterator is not None and hasattr(iterator, "_shutdown_workers"):
        iterator._shutdown_workers()


def _play_rank(loader: Any, rank: int | None) -> None:
    if rank is None:
        return
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(max(2, rank + 1)))
    for source in seeded_within(loader.dataset):
        if getattr(source, "worker", 0) == "rank":
            source.__dict__.update(_rank=rank, _world=max(2, rank + 1))


def _hide_main(loader: Any) -> None:
    """Keep new processes from running the user's program again, which they'd do to import it."""
    if getattr(loader, "multiprocessing_context", None) is not None:
        return  # the user starts processes that way already
    with contextlib.suppress(KeyError):
        sys.modules["__main__"] = types.ModuleType("__main__")
