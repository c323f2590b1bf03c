"""Lightning's Trainer: a loader handed to `fit`, given by a data module, or torch's own."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import lightning as L
import torch
import torch.utils.data as data
from lightning.pytorch.callbacks import ModelCheckpoint

import seedaug
from seedaug.integrations.lightning import EpochCallback

from ..record import Log
from ..task import EPOCHS, Model, Task

EVERY = ("whole", "epoch_end", "last_step", "mid", "killed")
ORDERS = ("shuffle", "rest", "batches", "resetting", "replacement", "stream")
VARIANTS = {
    "lightning": {"courses": EVERY, "orders": ORDERS},
    "lightning-module": {"courses": EVERY, "orders": ORDERS},
    # Without a length Lightning reads a batch ahead: the callback puts its checkpoints right.
    "lightning-callback": {"courses": EVERY, "orders": ("stream",)},
    # Lightning does not take a stock loader up again in mid-epoch, and says so.
    # On one rank torch's RandomSampler has an order of its own after a resume.
    "lightning-stock": {
        "same_order": (2,),
        "counted": False,
        "courses": ("whole", "epoch_end", "last_step"),
        "orders": ("shuffle", "rest", "batches", "resetting", "stream"),
    },
}


class Logged(L.LightningModule):
    """A model whose steps are written down."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.model = Model()
        self.log_ = log
        self.passes = {"validate": -1, "predict": 0}

    def training_step(self, batch: Any, _: int) -> torch.Tensor:
        self.log_.step("train", self.current_epoch, batch)
        return self.model(batch[0]).square().mean()

    def on_validation_epoch_start(self) -> None:
        self.passes["validate"] += not self.trainer.sanity_checking

    def validation_step(self, batch: Any, _: int) -> None:
        if not self.trainer.sanity_checking:
            self.log_.step("validate", self.passes["validate"], batch)
        self.log("val", self.model(batch[0]).mean(), sync_dist=True)

    def predict_step(self, batch: Any, _: int) -> torch.Tensor:
        self.log_.step("predict", self.passes["predict"], batch)
        return batch[1]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.01)


class Photographs(L.LightningDataModule):
    """Loaders from hooks, made when the ranks have met."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task

    def train_dataloader(self) -> Any:
        return self.task.loader(seedaug.DataLoader, self.task.dataset())

    def val_dataloader(self) -> Any:
        return self.task.held_out(seedaug.DataLoader, self.task.dataset())

    def predict_dataloader(self) -> Any:
        return self.task.held_out(seedaug.DataLoader, self.task.dataset())


def _checkpoint(task: Task) -> str | None:
    def step(path: Path) -> int:
        return int(path.stem.rpartition("=")[2])

    steps = sorted(task.folder.glob("steps/*.ckpt"), key=step)
    if task.course == "whole":
        return None
    if task.course == "epoch_end":
        return str(next(task.folder.glob("ends/epoch=0-*.ckpt")))
    if task.course == "last_step":
        return str([path for path in steps if path.name.startswith("epoch=0-")][-1])
    if task.course == "mid":
        return str([path for path in steps if path.name.startswith("epoch=1-")][1])
    return str(steps[-1])


def _trainer(task: Task, callbacks: list[Any]) -> L.Trainer:
    steps = ModelCheckpoint(
        task.saves / "steps", "{epoch}-{step}", every_n_train_steps=1, save_top_k=-1
    )
    ends = ModelCheckpoint(
        task.saves / "ends", "{epoch}-{step}", every_n_epochs=1, save_top_k=-1,
        save_on_train_epoch_end=True,
    )  # fmt: skip
    return L.Trainer(
        max_epochs=EPOCHS,
        accelerator="cpu",
        devices=task.ranks,
        strategy="ddp" if task.ranks > 1 else "auto",
        callbacks=[*callbacks, steps, ends],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=task.saves,
    )


def train(variant: str, task: Task, log: Log) -> None:
    """Fit; then validate and predict."""
    warnings.filterwarnings("ignore", ".*does not have many workers.*")
    model, path = Logged(log), _checkpoint(task)
    make, callbacks = seedaug.DataLoader, []
    if variant == "lightning-stock":
        make = data.DataLoader
    if variant in ("lightning-stock", "lightning-callback"):
        callbacks = [EpochCallback()]
    trainer = _trainer(task, callbacks)
    if variant == "lightning-module":
        loaders: Any = {"datamodule": Photographs(task)}
        trainer.fit(model, ckpt_path=path, weights_only=False, **loaders)
        held: Any = loaders
    else:
        trainer.fit(model, task.loader(make, task.dataset()), ckpt_path=path, weights_only=False)
        held = {"dataloaders": task.held_out(make, task.dataset())}
    if task.course != "whole" or task.kill:
        return
    log.stage = "validate"
    trainer.validate(model, verbose=False, **held)
    log.stage = "predict"
    found = trainer.predict(model, return_predictions=True, **held)
    log.write(what="returned", labels=torch.cat(found).tolist() if found else [])
