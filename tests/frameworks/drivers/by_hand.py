"""Loops written by hand: seedaug's loader (the reference), and torch's own with `set_epoch`."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch.distributed
import torch.utils.data as data

import seedaug

from ..record import Log
from ..task import BATCH, EPOCHS, Task

EVERY = ("whole", "epoch_end", "last_step", "mid", "killed")
VARIANTS = {
    "seedaug": {
        "courses": EVERY,
        "orders": ("shuffle", "rest", "batches", "resetting", "replacement", "stream"),
    },
    # Ranks that are given samplers which know of no ranks: not right, and not silent.
    "seedaug-careless": {
        "ranks": (2,),
        "courses": ("whole",),
        "orders": ("shuffle", "batches", "resetting", "replacement"),
        "stages": ("train",),
    },
    "torch": {
        "courses": ("whole", "epoch_end"),
        "orders": ("shuffle", "rest", "batches", "resetting", "stream"),
        "counted": False,
    },
}


# joined() and saves() serve the drivers whose users write their own loop.


@contextlib.contextmanager
def joined(task: Task) -> Iterator[None]:
    """A process group of all ranks."""
    if task.ranks == 1:
        yield
        return
    torch.distributed.init_process_group("gloo")
    try:
        yield
        torch.distributed.barrier()
    finally:
        torch.distributed.destroy_process_group()


def saved_at(folder: Path, course: str, rank: int) -> Any:
    """What was saved for this course, or by the session that was killed."""
    path = folder / f"{course}-{rank}.json"
    return json.loads(path.read_text())


def train(variant: str, task: Task, log: Log) -> None:
    """Train, then validate and predict."""
    with joined(task):
        if variant.startswith("seedaug"):
            _own(variant, task, log)
        else:
            _stock(task, log)


def own_loader(task: Task, dataset: Any, rank: int, **more: Any) -> Any:
    """A seedaug.DataLoader where no framework deals out custom orders."""
    sampler = None
    if task.order in ("batches", "resetting") and task.ranks > 1:
        sampler = seedaug.KeyedSampler(dataset, dataset.seed)
    if task.order == "replacement" and task.ranks > 1:
        more |= {"num_replicas": task.ranks, "rank": rank}
    return task.loader(seedaug.DataLoader, dataset, sampler, **more)


def _own(variant: str, task: Task, log: Log) -> None:
    dataset = task.dataset()
    if variant == "seedaug-careless":
        loader = task.loader(seedaug.DataLoader, dataset)
    else:
        loader = own_loader(task, dataset, log.rank)
    first = 0
    if task.course != "whole":
        state = saved_at(task.folder, task.course, log.rank)
        loader.load_state_dict(state["loader"])
        first = state["epoch"]

    def save(course: str, epoch: int) -> None:
        task.saves.mkdir(exist_ok=True)
        path = task.saves / f"{course}-{log.rank}.json"
        path.write_text(json.dumps({"epoch": epoch, "loader": loader.state_dict()}))

    for epoch in range(first, EPOCHS):
        number = -1
        for number, batch in enumerate(loader):
            log.step("train", epoch, batch)
            if epoch == 0:
                save("last_step", epoch)
            elif epoch == 1 and number == 1:
                save("mid", epoch)
            save("killed", epoch)
        if epoch == 0:
            save("epoch_end", epoch)  # it is resumed with an empty rest
    if task.course == "whole" and not task.kill:
        held_out = task.held_out(seedaug.DataLoader, task.dataset())
        for stage in ("validate", "predict"):
            log.stage = stage
            for batch in held_out:
                log.step(stage, 0 if stage == "validate" else 1, batch)


def _stock(task: Task, log: Log) -> None:
    dataset = task.dataset()
    sampler: Any = None
    generator = torch.Generator()
    if task.order != "stream":
        sampler = data.RandomSampler(dataset, generator=generator)
        if task.ranks > 1:
            sampler = data.DistributedSampler(dataset)
    loader = task.loader(data.DataLoader, dataset, sampler)
    first = 0 if task.course == "whole" else 1
    for epoch in range(first, EPOCHS):
        dataset.set_epoch(epoch)
        generator.manual_seed(epoch)
        if task.ranks > 1 and sampler is not None:
            sampler.set_epoch(epoch)
        for batch in loader:
            log.step("train", epoch, batch)
    if task.course == "whole":
        dataset = task.dataset()
        held: dict[str, Any] = {}
        if task.ranks > 1 and task.order != "stream":
            held = {"sampler": data.DistributedSampler(dataset, shuffle=False)}
        loader = data.DataLoader(dataset, batch_size=BATCH, **held, **task.workers_wanted)
        for number, stage in enumerate(("validate", "predict")):
            log.stage = stage
            dataset.set_epoch(number)
            for batch in loader:
                log.step(stage, number, batch)
