"""timm: loaders from create_loader, and a seedaug.DataLoader, in its training script's loop."""

from __future__ import annotations

from typing import Any

import torch
from timm.data import create_loader

import seedaug
from seedaug.integrations.timm import follow

from ..record import Log
from ..task import AUGMENT, BATCH, EPOCHS, Task
from .by_hand import joined, own_loader

# The script resumes at an epoch's start; on one rank torch's sampler has an order of its own then.
COURSES = ("whole", "epoch_end")
VARIANTS = {
    # On two ranks the order of every epoch is one, and a warning says so.
    "timm": {"courses": COURSES, "orders": ("shuffle", "stream"), "same_order": (2,)},
    "timm-follow": {"courses": COURSES, "orders": ("shuffle",), "same_order": (2,)},
    "timm-loader": {
        "courses": COURSES,
        "orders": ("shuffle", "rest", "batches", "resetting", "replacement", "stream"),
    },
}


def train(variant: str, task: Task, log: Log) -> None:
    """Train, then validate and predict."""
    with joined(task):
        _train(variant, task, log)


def _created(task: Task, dataset: Any, training: bool) -> Any:
    loader = create_loader(
        dataset,
        input_size=(3, 6, 6),
        batch_size=BATCH,
        is_training=training,
        use_prefetcher=False,
        num_workers=task.workers,
        distributed=task.ranks > 1,
        persistent_workers=task.persistent,
        device=torch.device("cpu"),
    )
    dataset.transform = AUGMENT  # create_loader has put timm's in its place
    return loader


def _train(variant: str, task: Task, log: Log) -> None:
    dataset = task.dataset()
    if variant != "timm-loader":
        loader = _created(task, dataset, True)
        loader = follow(loader) if variant == "timm-follow" else loader
    else:
        loader = own_loader(task, dataset, log.rank)
    for epoch in range(0 if task.course == "whole" else 1, EPOCHS):
        if hasattr(dataset, "set_epoch"):
            dataset.set_epoch(epoch)
        elif task.ranks > 1 and hasattr(loader.sampler, "set_epoch"):
            loader.sampler.set_epoch(epoch)
        for batch in loader:
            log.step("train", epoch, batch)
    if task.course != "whole":
        return
    dataset = task.dataset()
    if variant != "timm-loader":
        loader = _created(task, dataset, False)
    else:
        loader = task.held_out(seedaug.DataLoader, dataset)
    for number, stage in enumerate(("validate", "predict")):
        log.stage = stage
        if variant != "timm-loader":
            dataset.set_epoch(number)
        for batch in loader:
            log.step(stage, number, batch)
