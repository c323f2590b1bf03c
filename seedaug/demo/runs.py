"""Runs a way from end to end, in one piece or killed and resumed, and keeps all crops."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from seedaug.demo.errors import DemoError
from seedaug.demo.photos import Photo
from seedaug.demo.ways import Batch, Checkpoint, Plan, Way

Coordinates = tuple[int, int]
"""(epoch, index)"""

PATIENCE = 120  # seconds that a child may be silent


@dataclass
class Run:
    """The crops of a run by (epoch, index), and each epoch's indices in the order they came."""

    crops: dict[Coordinates, Photo] = field(default_factory=dict)
    order: dict[int, list[int]] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, epoch: int, indices: list[int], crops: Photo) -> None:
        """Take in a batch."""
        for index, crop in zip(indices, crops, strict=True):
            self.crops[epoch, index] = crop.copy()  # out of memory shared with a worker
        self.order.setdefault(epoch, []).extend(indices)

    def same_as(self, other: Run) -> bool:
        """Whether every epoch has the same order and every sample the same bytes."""
        epochs = self.order.keys() | other.order.keys()
        return all(self.same_epoch(other, epoch) for epoch in epochs)

    def same_epoch(self, other: Run, epoch: int) -> bool:
        """Whether an epoch has the same samples in the same order, with the same bytes."""
        order = self.order.get(epoch)
        if order is None or order != other.order.get(epoch):
            return False
        return all(np.array_equal(self.crops[epoch, i], other.crops[epoch, i]) for i in set(order))

    def last_crop(self, epoch: int) -> Photo:
        """What an epoch ended with."""
        return self.crops[epoch, self.order[epoch][-1]]

    def distinct(self) -> int:
        """How many crops differ in at least one byte from all others.

        Where every sample is the same photograph, that is the number of distinct draws.
        """
        return len({crop.tobytes() for crop in self.crops.values()})


def prepare_processes() -> None:
    """Before the first process is started: speed for fork servers, silence for what is killed."""
    multiprocessing.set_forkserver_preload(["seedaug.demo.runs"])  # torch, once for all of them
    if multiprocessing.get_start_method() != "fork":
        # What a killed run leaves behind is cleaned up by Python's tracker, which then warns.
        given = os.environ.get("PYTHONWARNINGS")
        ignored = "ignore:resource_tracker:UserWarning"
        if ignored not in (given or ""):
            os.environ["PYTHONWARNINGS"] = f"{given},{ignored}" if given else ignored


@contextmanager
def many_workers() -> Iterator[None]:
    """Without torch's warning of more workers than cores: here they are meant."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="This DataLoader will create")
        yield


def run(way: Way, plan: Plan) -> Run:
    """Train in one piece; the seconds are those of loading, with the workers' start."""
    done = Run()
    began = time.perf_counter()
    with many_workers():
        for batch in way.train(plan):
            done.add(batch.epoch, batch.indices, batch.crops)
    done.seconds = time.perf_counter() - began
    return done


@dataclass
class Resumed:
    """A killed run and what followed: all of it together, and the samples loaded again."""

    whole: Run
    loaded_again: int


def kill_and_resume(way: Way, plan: Plan, kill_after: Coordinates) -> dict[str, Resumed]:
    """Train in a process that is killed, and resume in another one.

    Args:
        kill_after: epoch and batch number after which the process and its workers get SIGKILL.

    Returns:
        "plain", where the checkpoint is a few numbers (epoch and batch, or seedaug's own), and
        "states", where all generators' states are saved too and put back, if that is another.
    """
    before = Run()
    checkpoint: Checkpoint = {}
    with _child(way, plan, None) as batches:
        for batch in batches:
            before.add(batch.epoch, batch.indices, batch.crops)
            checkpoint = batch.checkpoint
            if (batch.epoch, batch.number) == kill_after:
                break
    without = {name: value for name, value in checkpoint.items() if name != "states"}
    resumed = {"plain": _resume(way, plan, before, without)}
    if not way.plain_resume:
        resumed["states"] = _resume(way, plan, before, checkpoint)
    return resumed


def _resume(way: Way, plan: Plan, before: Run, checkpoint: Checkpoint) -> Resumed:
    whole = Run(dict(before.crops), {epoch: [*order] for epoch, order in before.order.items()})
    epoch = max(before.order)
    left = plan.count - len(before.order[epoch])
    again = 0
    with _child(way, plan, checkpoint) as batches:
        for batch in batches:
            whole.add(batch.epoch, batch.indices, batch.crops)
            if batch.epoch == epoch:
                again = batch.loads - left  # right at the epoch's last batch
    return Resumed(whole, again)


@contextmanager
def _child(way: Way, plan: Plan, resume: Checkpoint | None) -> Iterator[Iterator[Batch]]:
    """Another process that trains; on leaving, it and its workers are killed."""
    known = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in known else "spawn")
    prepare_processes()
    ours, theirs = context.Pipe(duplex=False)
    method = multiprocessing.get_start_method()
    child = context.Process(target=_train_in_child, args=(theirs, method, way, plan, resume))
    child.start()
    theirs.close()
    try:
        yield _receive(ours, way)
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            child.kill()  # it has no group of its own yet, or has ended
        child.join()
        ours.close()


def _receive(connection: Connection, way: Way) -> Iterator[Batch]:
    while True:
        if not connection.poll(PATIENCE):
            raise DemoError(f"{way.name}: the training process was silent for {PATIENCE} s")
        try:
            batch = connection.recv()
        except EOFError:
            raise DemoError(f"{way.name}: the training process died; see above") from None
        if batch is None:
            return
        yield batch


def _train_in_child(
    connection: Connection, method: str, way: Way, plan: Plan, resume: Checkpoint | None
) -> None:
    os.setsid()  # a process group of its own, that can be killed with its workers
    multiprocessing.set_start_method(method, force=True)  # for its workers, as in the parent
    prepare_processes()
    with many_workers():
        for batch in way.train(plan, resume):
            connection.send(batch)
    connection.send(None)
