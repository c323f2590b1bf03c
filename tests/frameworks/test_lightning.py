"""Lightning's Trainer in ways that are no cells of the table: one loader for two uses, ranks."""

import logging
import os
import warnings

import pytest
import torch
from torch.utils.data import TensorDataset

import seedaug

lightning = pytest.importorskip("lightning.pytorch")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
from lightning.pytorch.callbacks import ModelCheckpoint, OnExceptionCheckpoint  # noqa: E402

from seedaug.integrations.lightning import EpochCallback  # noqa: E402


class Model(lightning.LightningModule):
    """Keeps what it trains on."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen = []

    def training_step(self, batch, number):
        self.seen.append((self.current_epoch, batch.flatten().tolist()))
        return self.weight.sum()

    def validation_step(self, batch, number):
        pass

    def predict_step(self, batch, number):
        return batch

    def configure_optimizers(self):
        return torch.optim.SGD([self.weight], 0.1)


def make_loader(**options):
    rows = TensorDataset(torch.arange(12.0))
    dataset = seedaug.SeededDataset(rows, 0, transforms=lambda row: row[0])
    return seedaug.DataLoader(dataset, batch_size=4, shuffle=True, **options)


def trainer(**options):
    return lightning.Trainer(
        max_epochs=3,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )


def fit(loader, resume=None, **options):
    model = Model()
    made = trainer(val_check_interval=1, num_sanity_val_steps=0, **options)
    made.fit(model, loader, loader, ckpt_path=resume)
    return model.seen


def test_one_loader_to_train_and_to_validate_with(tmp_path):
    """A checkpoint of a validation in mid-epoch is of the training."""
    keep = ModelCheckpoint(tmp_path, "{step}", save_top_k=-1, save_on_train_epoch_end=False)
    whole = fit(make_loader(), callbacks=[keep])
    assert len(whole) == 9
    for step in range(1, 10):
        rest = fit(make_loader(), tmp_path / f"step={step}.ckpt", enable_checkpointing=False)
        assert rest == whole[step:]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_the_batch_of_a_step_that_failed_comes_again(tmp_path, error):
    class Failing(Model):
        def training_step(self, batch, number):
            if (self.current_epoch, number) == (1, 2):
                raise error("out of memory")
            return super().training_step(batch, number)

    whole = fit(make_loader(), enable_checkpointing=False)
    keep = OnExceptionCheckpoint(tmp_path, "end")
    model, made = Failing(), trainer(callbacks=[keep], default_root_dir=tmp_path)
    with pytest.raises((error, SystemExit)):
        made.fit(model, make_loader())
    assert model.seen == whole[:5]
    assert fit(make_loader(), tmp_path / "end.ckpt", enable_checkpointing=False) == whole[5:]


@pytest.mark.parametrize("rank", [0, 1])
def test_a_loader_with_ranks_of_its_own_predicts(rank):
    loader = make_loader(num_replicas=2, rank=rank)
    expected = torch.cat(list(make_loader(num_replicas=2, rank=rank)))
    got = torch.cat(trainer(enable_checkpointing=False).predict(Model(), loader))
    assert torch.equal(got, expected)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_resume_without_the_callback_is_warned_of(tmp_path, workers, capfd):
    def train(resumed=None, *callbacks):
        rows = TensorDataset(torch.arange(12.0))
        dataset = seedaug.SeededDataset(rows, 0, transforms=lambda row: row[0])
        loader = torch.utils.data.DataLoader(dataset, 4, num_workers=workers)
        keep = ModelCheckpoint(tmp_path, "{step}", save_top_k=-1, every_n_train_steps=1)
        capfd.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("always", seedaug.RepeatedEpochWarning)
            warnings.showwarning = lambda message, *others: os.write(2, str(message).encode())
            trainer(callbacks=[keep, *callbacks]).fit(Model(), loader, ckpt_path=resumed)
        return capfd.readouterr().err

    train()
    for step, epoch in ((3, 1), (4, 1), (6, 2)):
        checkpoint = str(tmp_path / f"step={step}.ckpt")
        told = f"the Trainer is in epoch {epoch}, and samples are drawn in epoch 0"
        assert told in train(checkpoint)
        assert "seedaug" not in train(checkpoint, EpochCallback())
