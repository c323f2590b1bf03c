"""torchdata: a StatefulDataLoader over a SeededDataset, in a loop of one's own."""

from __future__ import annotations

from typing import Any

import torch
import torch.utils.data as data
from torchdata.stateful_dataloader import StatefulDataLoader

import seedaug

from ..record import Log
from ..task import EPOCHS, Task
from .by_hand import joined

EVERY = ("whole", "epoch_end", "last_step", "mid", "killed")
# torchdata takes torch's own samplers up; one of somebody's without a state has another order then.
VARIANTS = {
    "torchdata": {"courses": EVERY, "orders": ("shuffle", "stream"), "same_order": (2,)},
    # After a resume it is left to the loader's state to tell the dataset its epoch.
    "torchdata-silent": {"courses": EVERY, "orders": ("shuffle", "stream"), "same_order": (2,)},
    "torchdata-keyed": {"courses": EVERY, "orders": ("shuffle", "rest")},
}


def train(variant: str, task: Task, log: Log) -> None:
    """Train, then validate and predict."""
    with joined(task):
        _train(variant, task, log)


def _sampler(variant: str, task: Task, dataset: Any) -> Any:
    if task.order == "stream":
        return None
    if variant == "torchdata-keyed":
        return seedaug.KeyedSampler(dataset, dataset.seed)
    return data.DistributedSampler(dataset) if task.ranks > 1 else None


def _train(variant: str, task: Task, log: Log) -> None:
    dataset = task.dataset()
    sampler = _sampler(variant, task, dataset)
    loader = task.loader(StatefulDataLoader, dataset, sampler)
    first = 0
    if task.course != "whole":
        state = torch.load(task.folder / f"{task.course}-{log.rank}.pt", weights_only=False)
        loader.load_state_dict(state["loader"])
        first = state["epoch"]

    def save(course: str, epoch: int) -> None:
        task.saves.mkdir(exist_ok=True)
        state = {"epoch": epoch, "loader": loader.state_dict()}
        torch.save(state, task.saves / f"{course}-{log.rank}.pt")

    for epoch in range(first, EPOCHS):
        if variant != "torchdata-silent" or epoch != first or first == 0:
            dataset.set_epoch(epoch)
        if sampler is not None:
            sampler.set_epoch(epoch)
        for number, batch in enumerate(loader):
            log.step("train", epoch, batch)
            if epoch == 0:
                save("last_step", epoch)
            elif epoch == 1 and number == 1:
                save("mid", epoch)
            save("killed", epoch)
        if epoch == 0:
            save("epoch_end", epoch + 1)
    if task.course == "whole" and not task.kill:
        _evaluate(variant, task, log)


def _evaluate(variant: str, task: Task, log: Log) -> None:
    dataset = task.dataset()
    more: dict[str, Any] = {}
    if variant == "torchdata-keyed":
        more = {"sampler": seedaug.KeyedSampler(dataset, dataset.seed, shuffle=False)}
    elif task.ranks > 1 and task.order != "stream":
        more = {"sampler": data.DistributedSampler(dataset, shuffle=False)}
    loader = StatefulDataLoader(dataset, batch_size=4, **more, **task.workers_wanted)
    for number, stage in enumerate(("validate", "predict")):
        log.stage = stage
        dataset.set_epoch(number)
        if variant == "torchdata-keyed":
            loader.sampler.set_epoch(number)
        for batch in loader:
            log.step(stage, number, batch)
