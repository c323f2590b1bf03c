"""Lightning Fabric: a loop of one's own, with loaders set up by it."""

from __future__ import annotations

from typing import Any

import lightning as L
import torch

import seedaug
from seedaug.integrations.lightning import resume

from ..record import Log
from ..task import EPOCHS, Model, Task

VARIANTS = {
    "fabric": {
        "courses": ("whole", "epoch_end", "last_step", "mid", "killed"),
        "orders": ("shuffle", "rest", "batches", "resetting", "replacement", "stream"),
    },
    "fabric-silent": {"courses": ("whole", "mid"), "orders": ("shuffle",)},
}


def train(variant: str, task: Task, log: Log) -> None:
    """Train, then validate and predict."""
    strategy = "ddp" if task.ranks > 1 else "auto"
    fabric = L.Fabric(accelerator="cpu", devices=task.ranks, strategy=strategy)
    fabric.launch()
    model: Any = Model()
    model, optimizer = fabric.setup(model, torch.optim.SGD(model.parameters(), lr=0.01))
    own = task.loader(seedaug.DataLoader, task.dataset())
    loader = fabric.setup_dataloaders(own)
    # Fabric may have made another loader of it; that one's state counts.
    inner = loader._dataloader
    first = 0
    if task.course != "whole":
        state = fabric.load(task.folder / f"{task.course}-{log.rank}.pt")
        if variant == "fabric":
            resume(loader, state["loader"])
        else:
            inner.load_state_dict(state["loader"])
        first = state["epoch"]

    def save(course: str, epoch: int) -> None:
        task.saves.mkdir(exist_ok=True)
        state = {"epoch": epoch, "loader": inner.state_dict()}
        torch.save(state, task.saves / f"{course}-{log.rank}.pt")

    for epoch in range(first, EPOCHS):
        for number, batch in enumerate(loader):
            log.step("train", epoch, batch)
            optimizer.zero_grad()
            fabric.backward(model(batch[0]).square().mean())
            optimizer.step()
            if epoch == 0:
                save("last_step", epoch)
            elif epoch == 1 and number == 1:
                save("mid", epoch)
            save("killed", epoch)
        if epoch == 0:
            save("epoch_end", epoch)
    if task.course == "whole" and not task.kill:
        held_out = fabric.setup_dataloaders(task.held_out(seedaug.DataLoader, task.dataset()))
        for number, stage in enumerate(("validate", "predict")):
            log.stage = stage
            for batch in held_out:
                log.step(stage, number, batch)
