"""The Hugging Face Trainer: evaluations of what is trained on, and resuming without a callback."""

import os
import time
import warnings

import pytest
import torch
from torch.utils.data import Dataset

import seedaug

transformers = pytest.importorskip("transformers")
from seedaug.integrations.transformers import EpochCallback  # noqa: E402


class Numbers(Dataset):
    def __len__(self):
        return 48

    def __getitem__(self, index):
        time.sleep(0.003)  # so that workers still load when an evaluation begins
        return {"x": torch.tensor([float(index)]), "labels": torch.tensor(0.0)}


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen = []

    def forward(self, x, labels=None, drawn=None):
        if self.training:
            self.seen.append(drawn.flatten().tolist())
        return {"loss": (self.weight * x).mean()}


def drawing(sample):
    return sample | {"drawn": torch.tensor([float(seedaug.rng().random())])}


def make_dataset():
    return seedaug.SeededDataset(Numbers(), 0, transforms=drawing)


@pytest.mark.parametrize("workers", [0, 2, "persistent"])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("callbacks", [[EpochCallback], []])
def test_evaluations_in_mid_epoch(tmp_path, workers, apart, callbacks):
    train = make_dataset()
    arguments = transformers.TrainingArguments(
        tmp_path,
        num_train_epochs=3,
        per_device_train_batch_size=4,
        eval_strategy="steps",
        eval_steps=4,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=2 if workers else 0,
        dataloader_persistent_workers=workers == "persistent",
    )
    model = Model()
    trainer = transformers.Trainer(
        model,
        arguments,
        train_dataset=train,
        eval_dataset=make_dataset() if apart else train,
        callbacks=[callback() for callback in callbacks],
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*seedaug.*")
        warnings.simplefilter("error", seedaug.RepeatedEpochWarning)
        trainer.train()
    assert len(model.seen) == 36
    for epoch in range(3):
        train.set_epoch(epoch)
        expected = sorted(float(train[index]["drawn"]) for index in range(48))
        seen = sorted(
            value for batch in model.seen[12 * epoch : 12 * epoch + 12] for value in batch
        )
        assert seen == expected


@pytest.mark.parametrize("workers", [0, 2])
def test_a_resume_without_the_callback_is_warned_of(tmp_path, workers, capfd):
    def train(*callbacks, resumed=None):
        """What is drawn in each step, and what seedaug says in this process and its workers."""
        arguments = transformers.TrainingArguments(
            tmp_path,
            num_train_epochs=3,
            per_device_train_batch_size=4,
            save_steps=18,
            save_strategy="steps",
            use_cpu=True,
            report_to=[],
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_num_workers=workers,
        )
        model = Model()
        trainer = transformers.Trainer(
            model, arguments, train_dataset=make_dataset(), callbacks=[*callbacks]
        )
        capfd.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, *others: os.write(2, str(message).encode())
            trainer.train(resume_from_checkpoint=resumed)
        return model.seen, capfd.readouterr().err

    checkpoint = str(tmp_path / "checkpoint-18")
    whole, said = train()
    assert "seedaug" not in said
    for callbacks in ([EpochCallback()], []):
        rest, said = train(*callbacks, resumed=checkpoint)
        assert (rest == whole[18:]) == bool(callbacks)
        assert ("the Trainer is in epoch 1, and samples are drawn in epoch 0" in said) != bool(
            callbacks
        )
