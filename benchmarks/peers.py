"""What users would pick instead, each doing a `Work` as its documentation says.

A library that can't be imported becomes a contender without a call: "not installed".
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks import dali
from benchmarks.harness import Call, Contender
from benchmarks.workload import MEAN, SIGMA, STD, Work

_kept_alive: list[torch.library.Library] = []


def load(module: str) -> Any:
    """A module, or None if it isn't installed."""
    if module.startswith(("torchvision", "kornia")):
        _define_torchvision_schemas()
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def _define_torchvision_schemas() -> None:
    """Where torchvision's compiled half doesn't fit this torch, its Python half needs these two."""
    if "torchvision" in sys.modules or hasattr(torch.ops.torchvision, "nms"):
        return
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return
    for compiled in Path(found.origin).parent.glob("_C*.so"):
        try:  # what loads here defines its operators, and the import finds it loaded
            torch.ops.load_library(str(compiled))
            return
        except OSError:
            continue
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        library.define(schema)  # type: ignore[no-untyped-call]
    _kept_alive.append(library)


def _contender(name: str, work: Work, images: Any, call: Call | None) -> Contender:
    if call is None:
        return Contender(name)
    return Contender(name, call, lambda result: work.check_peer(result, images))


def _one_after_another(call: Callable[[Any], Tensor] | None, images: Iterable[Any]) -> Call | None:
    """Calls for one image after another, round and round."""
    if call is None:
        return None
    following, one = itertools.cycle(images), call
    return lambda: one(next(following))


def loop_and_stack(call: Callable[[Any], Tensor] | None, images: Iterable[Any]) -> Call | None:
    """What a dataset and a DataLoader's collation do: image by image, then one batch."""
    if call is None:
        return None
    one = call
    return lambda: torch.stack([one(image) for image in images])


def arrays(images: Iterable[Tensor]) -> list[Any]:
    """[H, W, C] arrays, each in one piece."""
    return [image.permute(1, 2, 0).contiguous().numpy() for image in images]


def torchvision_pipeline(work: Work) -> Callable[[Tensor], Tensor] | None:
    """v2, fused by hand where it can be: normalises in place."""
    v2 = load("torchvision.transforms.v2")
    if v2 is None:
        return None
    steps = [v2.RandomCrop(work.crop, padding=work.padding or None), v2.RandomHorizontalFlip()]
    if not work.raw:
        steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD, inplace=True)]
    if work.noise:
        steps.append(v2.GaussianNoise(sigma=SIGMA, clip=False))
    found: Callable[[Tensor], Tensor] = v2.Compose(steps)
    return found


def albumentations_pipeline(work: Work) -> Callable[[Any], Tensor] | None:
    """[H, W, C] arrays in, [C, H, W] tensors out."""
    A = load("albumentations")
    if A is None or load("albumentations.pytorch") is None:
        return None
    load("cv2").setNumThreads(1)  # the rows are of one thread
    sigma = SIGMA * STD[1]  # its noise clips to [0, 1], so it has to come before it is normalised
    steps = [
        *([A.Pad(work.padding)] if work.padding else []),
        A.RandomCrop(work.crop, work.crop),
        A.HorizontalFlip(p=0.5),
        *([A.GaussNoise(std_range=(sigma, sigma), p=1)] if work.noise else []),
        *([] if work.raw else [A.Normalize(MEAN, STD)]),
        A.pytorch.ToTensorV2(),
    ]
    pipeline = A.Compose(steps)
    return lambda image: pipeline(image=image)["image"]


def one_by_one(work: Work, images: Tensor) -> list[Contender]:
    """For a call an image."""
    first = images[:1]  # each check looks at the first call's result
    torchvision = _one_after_another(torchvision_pipeline(work), images)
    albumentations = _one_after_another(albumentations_pipeline(work), arrays(images))
    return [
        _contender("torchvision v2", work, first, torchvision),
        _contender("AlbumentationsX", work, first, albumentations),
    ]


def batches(work: Work, images: Any) -> list[Contender]:
    """For a batch with its own parameters for each image.

    On a whole batch torchvision v2 draws once for all of it, so it goes image by image.
    """
    torchvision = loop_and_stack(torchvision_pipeline(work), images)
    albumentations = loop_and_stack(albumentations_pipeline(work), arrays(images))
    found = [
        _contender("torchvision v2, loop and stack", work, images, torchvision),
        _contender("AlbumentationsX, loop and stack", work, images, albumentations),
    ]
    if not work.ragged and not work.raw and not work.hwc:
        found.append(_contender("kornia", work, images, kornia_batch(work, images)))
    if not work.padding:
        found.append(_contender("DALI (CPU)", work, images, dali.batch(work, images)))
    if work.padding and not work.noise:
        shifts = MaskedShifts(work)
        found.append(_contender("masked shifts", work, images, lambda: shifts(images)))
    return found


def kornia_batch(work: Work, images: Tensor) -> Call | None:
    """kornia's augmentations take floats, so conversion comes first."""
    K = load("kornia.augmentation")
    if K is None:
        return None
    steps = [
        K.RandomCrop((work.crop, work.crop), padding=work.padding or None),
        K.RandomHorizontalFlip(),
        K.Normalize(torch.tensor(MEAN), torch.tensor(STD)),
    ]
    if work.noise:
        steps.append(K.RandomGaussianNoise(std=SIGMA, p=1.0))
    pipeline = torch.nn.Sequential(*steps).to(images.device)
    return lambda: pipeline(images.float() / 255)


class MaskedShifts:
    """What speed-run code does: one masked copy for each shift along each axis."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.scale = 1 / (255 * torch.tensor(STD)[:, None, None])
        self.offset = -torch.tensor(MEAN)[:, None, None] / torch.tensor(STD)[:, None, None]

    def __call__(self, images: Tensor) -> Tensor:
        pad, crop, count = self.work.padding, self.work.crop, len(images)
        # padded with black before it is normalised, as the others do
        scale, offset = self.scale.to(images.device), self.offset.to(images.device)
        x = torch.nn.functional.pad(images, [pad] * 4).to(torch.float32) * scale + offset
        shifts = torch.randint(2 * pad + 1, (2, count), device=images.device)
        rows = torch.empty(count, 3, crop, x.shape[-1], device=images.device)
        for shift in range(2 * pad + 1):
            mask = shifts[0] == shift
            rows[mask] = x[mask, :, shift : shift + crop]
        done = torch.empty(count, 3, crop, crop, device=images.device)
        for shift in range(2 * pad + 1):
            mask = shifts[1] == shift
            done[mask] = rows[mask][..., shift : shift + crop]
        flipped = torch.rand(count, device=images.device) < 0.5
        return torch.where(flipped[:, None, None, None], done.flip(-1), done)
