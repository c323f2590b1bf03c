"""Hugging Face's Trainer: its own loaders with the callback, or one that a subclass gives it."""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.utils.data as data
import transformers

import seedaug
from seedaug.integrations.transformers import EpochCallback

from ..record import Log
from ..task import BATCH, EPOCHS, Model, Task
from .by_hand import own_loader

os.environ["ACCELERATE_USE_CPU"] = "true"
EVERY = ("whole", "epoch_end", "last_step", "mid", "killed")
ORDERS = ("shuffle", "rest", "batches", "resetting", "replacement")
VARIANTS = {
    # The Trainer saves after an epoch's last step: its end is no checkpoint of another kind.
    "transformers": {
        "courses": EVERY,
        "orders": ("shuffle", "rest"),
        "counted": False,
    },
    # A Trainer takes no stream up again: it knows no epochs of what has no length.
    "transformers-stream": {"courses": ("whole",), "orders": ("stream",), "splits": False},
    "transformers-bare": {"courses": EVERY, "orders": ORDERS, "stages": ("train",)},
    "transformers-prepared": {"courses": EVERY, "orders": ORDERS, "stages": ("train",)},
}


class Network(torch.nn.Module):
    """A model as Trainer wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()

    def forward(self, images: Any, labels: Any = None, keys: Any = None) -> dict[str, Any]:
        found = self.model(images)
        return {"loss": found.square().mean(), "logits": found}


class Logged(transformers.Trainer):
    """Writes down what the model is given, and gives it other loaders if asked."""

    variant: str
    task: Task
    log_: Log
    epoch = -1
    passes = 0

    def compute_loss(self, model: Any, inputs: Any, *rest: Any, **more: Any) -> Any:
        batch = (inputs["images"], inputs["labels"], inputs["keys"])
        stage = "train" if model.training else self.log_.stage
        self.log_.step(stage, self.epoch if stage == "train" else self.passes, batch)
        return super().compute_loss(model, inputs, *rest, **more)

    def get_train_dataloader(self) -> Any:
        if self.variant in ("transformers", "transformers-stream"):
            return super().get_train_dataloader()
        if self.variant == "transformers-bare":
            return own_loader(self.task, self.train_dataset, self.log_.rank, collate_fn=collate)
        loader = self.task.loader(seedaug.DataLoader, self.train_dataset, collate_fn=collate)
        return self.accelerator.prepare(loader)


class Epochs(transformers.TrainerCallback):
    """Counts the Trainer's epochs, for the record."""

    def __init__(self, trainer: Logged) -> None:
        self.trainer = trainer

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        fresh = self.trainer.epoch < 0
        self.trainer.epoch = int(state.epoch or 0) if fresh else self.trainer.epoch + 1


def collate(samples: list[Any]) -> dict[str, Any]:
    """Samples (image, label, key) as a Trainer's batch."""
    return dict(zip(("images", "labels", "keys"), data.default_collate(samples), strict=True))


def _checkpoint(task: Task) -> str | None:
    if task.course == "whole":
        return None
    steps = -(-task.samples // (task.ranks * BATCH))
    saved = sorted(int(path.name.split("-")[1]) for path in task.folder.glob("checkpoint-*"))
    step = {"mid": steps + 2, "killed": saved[-1] if saved else 0}.get(task.course, steps)
    return str(task.folder / f"checkpoint-{step}")


def train(variant: str, task: Task, log: Log) -> None:
    """Train; then evaluate and predict."""
    steps = -(-task.samples // (task.ranks * BATCH))
    arguments = transformers.TrainingArguments(
        output_dir=str(task.saves),
        per_device_train_batch_size=BATCH,
        per_device_eval_batch_size=BATCH,
        num_train_epochs=EPOCHS,
        max_steps=EPOCHS * steps if task.order == "stream" else -1,
        use_cpu=True,
        save_strategy="steps",
        save_steps=1,
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=task.workers,
        dataloader_persistent_workers=task.persistent,
        dataloader_pin_memory=False,
    )
    trainer = Logged(
        model=Network(),
        args=arguments,
        train_dataset=task.dataset(),
        data_collator=collate,
        callbacks=[EpochCallback()],
    )
    trainer.variant, trainer.task, trainer.log_ = variant, task, log
    trainer.add_callback(Epochs(trainer))
    trainer.train(resume_from_checkpoint=_checkpoint(task))
    if task.course != "whole" or task.kill:
        return
    log.stage = "validate"
    trainer.evaluate(task.dataset())
    log.stage, trainer.passes = "predict", 1
    trainer.predict(task.dataset())
