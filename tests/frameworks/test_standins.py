"""Each stand-in of tests/standins makes the real library's calls, in the same order."""

import copy
import os
import sys
import warnings
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("ACCELERATE_USE_CPU", "true")

from standins.accelerate_like import AccelerateLike, BatchSamplerShard, trainer_epoch
from standins.lightning_like import FabricLike, LightningLike
from standins.recorder import Calls, NotedDataset, NotedLoader, NotedSampler, NotedStream
from standins.torchdata_like import TorchdataLike

pytestmark = pytest.mark.filterwarnings("ignore")


def noted(stream=False, epochs=True):
    """A loader of four batches of two, and what is called of it."""
    calls = Calls()
    if stream:
        return calls, NotedLoader(NotedStream(calls), batch_size=2)
    sampler = NotedSampler(calls, epochs)
    return calls, NotedLoader(NotedDataset(calls), batch_size=2, sampler=sampler)


class TestLightning:
    """Trainer.fit, whole and from each kind of checkpoint, and predict."""

    def real(self, folder, stream, path=None):
        lightning = pytest.importorskip("lightning")
        from lightning.pytorch.callbacks import ModelCheckpoint

        calls, loader = noted(stream)

        class Model(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(1, 1)

            def training_step(self, batch, _):
                calls.append("step")
                return self.layer(batch).mean()

            def predict_step(self, batch, _):
                calls.append("step")

            def on_train_start(self):
                calls.append("started")

            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), lr=0.1)

        steps = ModelCheckpoint(
            folder / "steps", "{step}", every_n_train_steps=1, save_top_k=-1,
            save_on_train_epoch_end=False,
        )  # fmt: skip
        ends = ModelCheckpoint(
            folder / "ends", "{epoch}", every_n_epochs=1, save_top_k=-1,
            save_on_train_epoch_end=True,
        )  # fmt: skip
        trainer = lightning.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_progress_bar=False,
            enable_model_summary=False, default_root_dir=folder, callbacks=[steps, ends],
        )  # fmt: skip
        trainer.fit(Model(), loader, ckpt_path=path, weights_only=False)
        fitted = calls.squeezed()
        del calls[:]
        trainer.predict(Model(), loader)
        return fitted, calls.squeezed()

    def like(self, stream, saved=None):
        calls, loader = noted(stream)
        saves, steps = {}, 0

        def step(epoch, batch, save):
            nonlocal steps
            steps += batch is not None
            if batch is not None:
                calls.append("step")
            saves[steps if batch is not None else f"end {epoch}"] = copy.deepcopy(save())

        trainer = LightningLike()
        trainer.fit(loader, 2, step, saved, lambda: calls.append("started"))
        fitted = calls.squeezed()
        del calls[:]
        for _ in trainer.predict(loader):
            calls.append("step")
        return fitted, calls.squeezed(), saves

    @pytest.mark.parametrize("stream", [False, True])
    def test_same_calls(self, tmp_path, stream):
        real = self.real(tmp_path, stream)
        *like, saves = self.like(stream)
        assert [*real] == like
        for path, name in (
            ("ends/epoch=0.ckpt", "end 0"),
            ("steps/step=4.ckpt", 4),
            ("steps/step=6.ckpt", 6),
        ):
            again, _ = self.real(tmp_path / str(name), stream, str(tmp_path / path))
            assert again == self.like(stream, saves[name])[0], name


def test_fabric_makes_the_same_calls():
    lightning = pytest.importorskip("lightning")

    def passes(calls, loader):
        for _ in range(2):
            for _ in loader:
                calls.append("step")
        return calls.squeezed()

    calls, loader = noted()
    real = passes(calls, lightning.Fabric(accelerator="cpu", devices=1).setup_dataloaders(loader))
    calls, loader = noted()
    assert passes(calls, FabricLike(loader)) == real


class TestTorchdata:
    """A StatefulDataLoader, whole and from each kind of state."""

    def passes(self, make, stream, place=None):
        calls, loader = noted(stream)
        dataset = loader.dataset
        dataset.state_dict = lambda: calls.append("dataset.state_dict") or {"kept": 1}
        dataset.load_state_dict = lambda state: calls.append("dataset.load_state_dict")
        loader, saves = make(loader), {}
        if place is not None:
            loader.load_state_dict(place)
        for _ in range(2):
            calls.append("pass")
            for number, _ in enumerate(loader):
                calls.append("step")
                if place is None and number in (1, 3):
                    saves[number] = loader.state_dict()
            saves.setdefault("end", loader.state_dict())
        return calls.squeezed(), saves

    @pytest.mark.parametrize("stream", [False, True])
    def test_same_calls(self, stream):
        pytest.importorskip("torchdata")
        from torchdata.stateful_dataloader import StatefulDataLoader

        def real(loader):
            if stream:
                return StatefulDataLoader(loader.dataset, batch_size=2)
            return StatefulDataLoader(loader.dataset, batch_size=2, sampler=loader.sampler)

        calls, places = self.passes(real, stream)
        like, own = self.passes(TorchdataLike, stream)
        assert like == calls
        for name in (1, 3, "end"):
            again, _ = self.passes(real, stream, places[name])
            assert self.passes(TorchdataLike, stream, own[name])[0] == again, name


class TestAccelerate:
    """A prepared loader, one without its first batches, and the batches that ranks are given."""

    @staticmethod
    def passes(calls, loader, skip):
        for epoch in range(2):
            loader.set_epoch(epoch)
            for _ in loader:
                calls.append("step")
        rest = skip(loader)
        rest.set_epoch(1)
        for _ in rest:
            calls.append("step")
        return calls.squeezed()

    @pytest.mark.parametrize("epochs", [True, False])
    def test_same_calls(self, epochs):
        accelerate = pytest.importorskip("accelerate")
        accelerator = accelerate.Accelerator(cpu=True)
        calls, loader = noted(epochs=epochs)
        prepared = accelerator.prepare(loader)
        real = self.passes(calls, prepared, lambda it: accelerator.skip_first_batches(it, 2))
        calls, loader = noted(epochs=epochs)
        like = self.passes(calls, AccelerateLike(loader), lambda it: it.skip_first_batches(2))
        assert like == real

    @pytest.mark.parametrize("samples", range(1, 26))
    @pytest.mark.parametrize("ranks", [2, 3])
    def test_same_batches(self, samples, ranks):
        real = pytest.importorskip("accelerate.data_loader").BatchSamplerShard
        for rank in range(ranks):
            shards = [
                kind(torch.utils.data.BatchSampler(range(samples), 4, False), ranks, rank)
                for kind in (real, BatchSamplerShard)
            ]
            given, like = ([[*batch] for batch in shard] for shard in shards)
            assert like == given


class TestTrainer:
    """Hugging Face's Trainer with a prepared and a bare loader, whole and resumed."""

    def real(self, folder, bare, path=None):
        transformers = pytest.importorskip("transformers")
        calls = Calls()

        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(1, 1)

            def forward(self, x, **_):
                return {"loss": self.layer(x).mean()}

        class Trainer(transformers.Trainer):
            def get_train_dataloader(self):
                loader = NotedLoader(
                    self.train_dataset, batch_size=2, sampler=NotedSampler(calls),
                    collate_fn=lambda samples: {"x": torch.stack(samples)},
                )  # fmt: skip
                return loader if bare else self.accelerator.prepare(loader)

            def training_step(self, *arguments, **more):
                calls.append("step")
                return super().training_step(*arguments, **more)

        arguments = transformers.TrainingArguments(
            output_dir=str(folder), num_train_epochs=2, use_cpu=True, save_steps=1, report_to=[],
            disable_tqdm=True, remove_unused_columns=False, logging_strategy="no",
        )  # fmt: skip
        trainer = Trainer(model=Model(), args=arguments, train_dataset=NotedDataset(calls))
        trainer.train(resume_from_checkpoint=path and str(path))
        return calls.squeezed()

    def like(self, bare, first=0, skip=0):
        calls, loader = noted()
        loader = loader if bare else AccelerateLike(loader)
        for epoch in range(first, 2):
            for _ in trainer_epoch(loader, epoch, skip if epoch == first else 0):
                calls.append("step")
        return calls.squeezed()

    @pytest.mark.parametrize("bare", [False, True])
    def test_same_calls(self, tmp_path, bare):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert self.real(tmp_path, bare) == self.like(bare)
            for step, place in ((4, (1, 0)), (6, (1, 2))):
                path = tmp_path / f"checkpoint-{step}"
                assert self.real(tmp_path / str(step), bare, path) == self.like(bare, *place)
