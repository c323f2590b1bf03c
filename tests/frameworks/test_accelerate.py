"""accelerate: each sample once over all processes, in the right epoch, also after a resume."""

import ast
import re
import time
import warnings
from pathlib import Path

import pytest
import torch

import seedaug

pytest.importorskip("accelerate")
from tests.frameworks.ranks import launch

ROOT = Path(__file__).parents[2]
SCRIPT = re.search(
    r"```python\n(.*?)```", (ROOT / "docs/with-accelerate.md").read_text(), re.DOTALL
)[1]


def batches(output):
    """(epoch, [(index, sum of pixels)]) for each line."""
    lines = [line for line in output.splitlines() if line.startswith("epoch ")]
    return [
        (int(line[6 : line.index(":")]), ast.literal_eval(line.split(": ", 1)[1])) for line in lines
    ]


def expected(epoch):
    """The sum of each sample's pixels in an epoch, from a plain loop."""
    augment = seedaug.Compose([seedaug.RandomCrop(8), seedaug.RandomHorizontalFlip()])

    def image(index):
        generator = torch.Generator().manual_seed(index)
        return torch.randint(256, (3, 12, 12), dtype=torch.uint8, generator=generator)

    keys = [seedaug.Key(seed=0, epoch=epoch, index=index) for index in range(50)]
    return {i: int(augment(image(i), key).long().sum()) for i, key in enumerate(keys)}


@pytest.mark.parametrize("ranks", [1, 2])
def test_the_page(tmp_path, ranks):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    assert len(SCRIPT.splitlines()) < 60
    whole = [batches(out) for out, _ in launch(script, str(tmp_path / "a"), ranks=ranks)]
    for epoch in range(3):
        seen = [pair for rank in whole for at, batch in rank for pair in batch if at == epoch]
        firsts = [pair for pair in seen if pair[1] == expected(epoch)[pair[0]]]
        assert sorted({index for index, _ in seen}) == [*range(50)]
        assert len(firsts) >= 50
        assert len(seen) == (50 if ranks == 1 else 56)
    steps = len(whole[0]) // 3 + 2  # in the second epoch
    folder = str(tmp_path / "b")
    start = [batches(out) for out, _ in launch(script, folder, str(steps), ranks=ranks)]
    rest = [batches(out) for out, _ in launch(script, folder, ranks=ranks)]
    assert [a + b for a, b in zip(start, rest, strict=True)] == whole


PREPARED = """
import sys, torch, warnings
from accelerate import Accelerator, DataLoaderConfiguration
import seedaug
options, sampled, workers, skip, how = eval(sys.argv[1])
accelerator = Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(**options))
pixels = [torch.full((3, 8, 8), i, dtype=torch.uint8) for i in range(27)]
def shifted(image):
    return image.float() + float(seedaug.rng().random())
augment = shifted if how == "python" else seedaug.RandomCrop(4)
data = seedaug.SeededDataset([(x, 0) for x in pixels], 3, augment, return_key=True)
made = {
    "shuffled": lambda: {"shuffle": True, "batch_size": 4},
    "replacement": lambda: {
        "sampler": torch.utils.data.RandomSampler(range(9), replacement=True, num_samples=36),
        "batch_size": 4,
    },
    "batches": lambda: {
        "batch_sampler": torch.utils.data.BatchSampler(
            torch.utils.data.RandomSampler(range(9), replacement=True, num_samples=36), 4, False)
    },
    "dealt": lambda: {"shuffle": True, "batch_size": 4, "num_replicas": 2, "rank": 0},
}[sampled]()
if how == "stock":
    sampler = seedaug.KeyedSampler(data, 3)
    loader = torch.utils.data.DataLoader(data, 4, sampler=sampler, num_workers=workers)
else:
    loader = seedaug.DataLoader(data, num_workers=workers, **made)
own = loader
loader = accelerator.prepare(loader)
warnings.simplefilter("always")
for epoch in range(2):
    if skip is not None and epoch == 0:
        if how == "told":
            loader.set_epoch(0)
        passing = accelerator.skip_first_batches(loader, skip)
    else:
        passing = loader
    if how == "dataset":
        data.set_epoch(epoch + 5)
    elif how == "raw":
        own.set_epoch(epoch + 5)
    for number, (images, _, keys) in enumerate(passing):
        if how == "early" and epoch == 0 and number == 2:
            break
        found = [seedaug.Key.unpack(key) for key in keys]
        if how == "python":
            print("drawn", [round(float(image.mean()), 5) for image in images], flush=True)
        print(f"epoch {epoch}:", [(k.epoch, k.index, k.worker) for k in found], flush=True)
accelerator.end_training()  # or gloo's threads may abort the process at its end
"""


def prepared(tmp_path, options=None, sampled="shuffled", workers=0, skip=None, how="", ranks=2):
    script = tmp_path / "prepared.py"
    script.write_text(PREPARED)
    return launch(script, repr((options or {}, sampled, workers, skip, how)), ranks=ranks)


def keys_of(outputs, epoch):
    found = [batch for out, _ in outputs for at, batch in batches(out) if at == epoch]
    return [key for batch in found for key in batch]


@pytest.mark.parametrize(
    ("options", "workers"),
    [
        ({}, 0),
        ({}, 2),
        ({"split_batches": True}, 0),
        ({"even_batches": False}, 0),
    ],
)
def test_each_sample_once_over_two_ranks(tmp_path, options, workers):
    outputs = prepared(tmp_path, options, workers=workers)
    for epoch in range(2):
        found = keys_of(outputs, epoch)
        assert {at for at, _, _ in found} == {epoch}
        assert len(set(found)) == len(found), "no key twice, fillings included"
        assert sorted(index for _, index, visit in found if visit == 0) == [*range(27)]
    assert not any("Warning" in errors for _, errors in outputs if "seedaug" in errors)


def test_one_process_that_dispatches(tmp_path):
    outputs = prepared(tmp_path, {"dispatch_batches": True})
    for epoch in range(2):
        found = keys_of(outputs, epoch)
        assert sorted(set(found)) == [(epoch, index, 0) for index in range(27)]


@pytest.mark.parametrize("sampled", ["replacement", "batches"])
@pytest.mark.parametrize("ranks", [1, 2])
def test_visits_are_counted(tmp_path, sampled, ranks):
    outputs = prepared(tmp_path, sampled=sampled, ranks=ranks)
    again = prepared(tmp_path, sampled=sampled, ranks=ranks)
    for epoch in range(2):
        found = keys_of(outputs, epoch)
        assert {at for at, _, _ in found} == {epoch}
        assert len(set(found)) == len(found)
        assert len([key for key in found if key[2] < 1 << 19]) == 36
        assert found == keys_of(again, epoch), "the order is keyed"


def test_an_order_that_is_dealt_out_twice_is_an_error(tmp_path):
    for options in ({"sampled": "dealt"}, {"how": "stock"}):
        with pytest.raises(AssertionError, match="deals its order out over ranks, and accelerate"):
            prepared(tmp_path, **options)


@pytest.mark.parametrize("ranks", [1, 2])
def test_skipping_without_an_epoch_is_warned_of(tmp_path, ranks):
    outputs = prepared(tmp_path, skip=1, ranks=ranks)
    assert all("nobody said which epoch this is" in errors for _, errors in outputs)
    assert all("is run again, with the same draws" in errors for _, errors in outputs)
    told = prepared(tmp_path, skip=1, how="told", ranks=ranks)
    assert not any("nobody said" in errors for _, errors in told)


def test_fillings_draw_anew_without_workers(tmp_path):
    outputs = prepared(tmp_path, how="python")
    drawn = [
        value
        for out, _ in outputs
        for line in out.splitlines()
        if line.startswith("drawn")
        for value in ast.literal_eval(line.removeprefix("drawn "))
    ]
    assert len(drawn) == 2 * 32
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("how", ["dataset", "raw"])
def test_an_epoch_that_accelerate_overrules_is_warned_of(tmp_path, how, ranks):
    outputs = prepared(tmp_path, how=how, ranks=ranks)
    assert all(
        "epoch 5 was set, and then accelerate set epoch 0" in errors for _, errors in outputs
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_that_is_left_early_is_not_run_again_in_silence(tmp_path, workers):
    ((_, errors),) = prepared(tmp_path, how="early", ranks=1, workers=workers)
    assert "epoch 0 is run a second time" in errors


def test_a_place_that_is_kept_twice_is_refused():
    from accelerate import Accelerator
    from accelerate.utils import DataLoaderConfiguration

    from seedaug.integrations.accelerate import prepare

    keeps = DataLoaderConfiguration(use_stateful_dataloader=True)
    accelerator = Accelerator(cpu=True, dataloader_config=keeps)
    with pytest.raises(ValueError, match="leave that option out"):
        prepare(accelerator, seedaug.DataLoader(range(8), 4, seed=0))


class Slow(torch.utils.data.Dataset):
    def __len__(self):
        return 80

    def __getitem__(self, index):
        time.sleep(0.003)
        return torch.tensor(index)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_evaluation_that_sets_the_epoch_of_the_training_is_warned_of(workers):
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)

    def prepared(data, kind=torch.utils.data.DataLoader):
        return accelerator.prepare(kind(data, 4, num_workers=workers))

    def run(train, evaluation):
        """The epochs that samples are drawn in, with two evaluations in each."""
        for _ in range(2):
            epochs = set()
            for number, (_, keys) in enumerate(train):
                epochs |= {seedaug.Key.unpack(key).epoch for key in keys}
                if number in (2, 4):
                    list(evaluation)
            yield epochs

    def seeded():
        return seedaug.SeededDataset(Slow(), 0, return_key=True)

    data = seeded()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [*run(prepared(data), prepared(seeded()))] == [{0}, {1}]
        loaders = (prepared(data, seedaug.DataLoader) for _ in range(2))
        assert [*run(*loaders)] == [{0}, {1}]
    data = seeded()
    with pytest.warns(
        UserWarning, match="sets epoch 1, by its own count, on a dataset that anothe"
    ):
        assert len(next(run(prepared(data), prepared(data)))) == 2
