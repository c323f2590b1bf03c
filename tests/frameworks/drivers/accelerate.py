"""accelerate: a loop of one's own over prepared loaders, resumed as its documentation shows."""

from __future__ import annotations

import json
from typing import Any

import accelerate
import torch

import seedaug
from seedaug.integrations.accelerate import prepare

from ..record import Log
from ..task import EPOCHS, Model, Task

ORDERS = ("shuffle", "rest", "batches", "resetting", "replacement", "stream")
EVERY = ("whole", "epoch_end", "last_step", "mid", "killed")
VARIANTS = {
    "accelerate": {"courses": EVERY, "orders": ORDERS, "splits": False},
    "accelerate-dispatch": {"courses": EVERY, "orders": ORDERS, "splits": False},
    # The loader of seedaug.integrations.accelerate keeps its epoch and place in the checkpoint.
    "accelerate-kept": {"courses": EVERY, "orders": ORDERS[:5], "splits": False},
    # Nobody says the epoch: accelerate counts the passes itself, from 0 in each process.
    "accelerate-silent": {"courses": ("whole",), "orders": ORDERS[:2], "splits": False},
}


def train(variant: str, task: Task, log: Log) -> None:
    """Train, then validate and predict."""
    options = accelerate.DataLoaderConfiguration(
        dispatch_batches=True if variant == "accelerate-dispatch" else None
    )
    accelerator = accelerate.Accelerator(cpu=True, dataloader_config=options)
    model: Any = Model()
    optimizer: Any = torch.optim.SGD(model.parameters(), lr=0.01)
    loader: Any = task.loader(seedaug.DataLoader, task.dataset())
    if variant == "accelerate-kept":
        model, optimizer = accelerator.prepare(model, optimizer)
        loader = prepare(accelerator, loader)
    else:
        model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    first, skipped = 0, 0
    if task.course != "whole":
        accelerator.load_state(str(task.folder / task.course))
        first, skipped = json.loads((task.folder / f"{task.course}.json").read_text())

    def save(course: str, epoch: int, steps: int) -> None:
        accelerator.save_state(str(task.saves / course))
        if accelerator.is_main_process:
            (task.saves / f"{course}.json").write_text(json.dumps([epoch, steps]))

    told = variant not in ("accelerate-silent", "accelerate-kept")
    for epoch in range(first, EPOCHS):
        active = loader
        if told and epoch == first and skipped:
            active = accelerator.skip_first_batches(loader, skipped)
        if told:
            active.set_epoch(epoch)
        for number, batch in enumerate(active):
            log.step("train", epoch, batch)
            optimizer.zero_grad()
            accelerator.backward(model(batch[0]).square().mean())
            optimizer.step()
            done = number + 1 + (skipped if epoch == first else 0)
            if task.course == "whole":
                if epoch == 0 and done == len(loader_steps(task)):
                    save("last_step", epoch, done)
                if epoch == 1 and done == 2:
                    save("mid", epoch, done)
                    save("killed", epoch, done)
        if epoch == 0:
            save("epoch_end", epoch + 1, 0)
    if task.course == "whole" and not task.kill:
        held_out = accelerator.prepare(task.held_out(seedaug.DataLoader, task.dataset()))
        for number, stage in enumerate(("validate", "predict")):
            log.stage = stage
            for batch in held_out:
                log.step(stage, number, batch)


def loader_steps(task: Task) -> range:
    """The batches of an epoch on one rank, rests filled up."""
    rounds = task.ranks * 4
    return range(-(-task.samples // rounds))
