"""What collate functions of torchvision, timm and transformers draw is under the batch's key."""

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

import seedaug

torchvision = pytest.importorskip("torchvision")
from torchvision.transforms import v2  # noqa: E402

CLASSES = 10


def photos():
    return [(torch.full((3, 8, 8), i, dtype=torch.uint8), i % CLASSES) for i in range(24)]


def arrays():
    return [(np.full((3, 8, 8), i, np.uint8), i % CLASSES) for i in range(24)]


class Mix:
    """As torchvision's own documentation has it."""

    def __init__(self):
        self.mix = v2.RandomChoice([v2.MixUp(num_classes=CLASSES), v2.CutMix(num_classes=CLASSES)])

    def __call__(self, samples):
        images, labels = default_collate(samples)
        return self.mix(images.float(), labels)


def timms():
    mixup = pytest.importorskip("timm.data.mixup")
    return mixup.FastCollateMixup(
        mixup_alpha=0.4, cutmix_alpha=1.0, label_smoothing=0.1, num_classes=CLASSES
    )


CASES = {"torchvision": (photos, Mix), "timm": (arrays, timms)}


def epochs(case, workers, resumed=0, **options):
    """The bytes of two epochs; with `resumed`, of the second's rest after so many batches."""
    data, collate = CASES[case]
    dataset = seedaug.SeededDataset(data(), 0, seed_globals=True)
    loader = seedaug.DataLoader(
        dataset, 4, shuffle=True, collate_fn=collate(), num_workers=workers, **options
    )
    if resumed:
        loader.load_state_dict({"seed": 0, "epoch": 1, "batch": resumed, "stream_version": 1})
        return of(loader)
    return [of(loader), of(loader)]


def of(loader):
    return [b"".join(part.numpy().tobytes() for part in batch) for batch in loader]


@pytest.mark.parametrize("case", CASES)
def test_same_bytes_however_it_is_loaded(case):
    alone = epochs(case, 0)
    assert len({*alone[0], *alone[1]}) == 12
    assert epochs(case, 2, persistent_workers=True) == alone
    assert epochs(case, 2, resumed=2) == alone[1][2:]
    if case == "torchvision":
        assert epochs(case, 4) == alone


def test_check_finds_nothing():
    dataset = seedaug.SeededDataset(photos(), 0, seed_globals=True)
    loader = seedaug.DataLoader(dataset, 4, shuffle=True, collate_fn=Mix(), num_workers=2)
    seedaug.assert_healthy(loader, strict=True, max_samples=400)


def test_check_under_torchs_loader_says_what_to_do():
    dataset = seedaug.SeededDataset(photos(), 0, seed_globals=True)
    loader = torch.utils.data.DataLoader(dataset, 4, collate_fn=Mix(), num_workers=2)
    report = seedaug.check_loader(loader, max_samples=400)
    assert report.verdict.value == "depends-on-workers"
    assert "collate_fn" in report.findings[0].remedy[0]
    assert "seedaug.DataLoader" in report.findings[0].remedy[0]
