"""What a type checker knows of calls: read by mypy (tests/test_typing.py, `make lint`), and run.

Where a call must be refused stands a `type: ignore` with its code, which strict mypy reports as
unused should the call be let pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from typing_extensions import assert_type

import seedaug
from seedaug import functional as F


class Invert(seedaug.Transform):
    """A transform of one's own."""

    kind = seedaug.register_kind("typed_invert", 105)

    def transform(self, image: Tensor, params: dict[str, Any]) -> Tensor:
        return 255 - image


def transforms(images: Tensor, key: seedaug.Key, keys: Tensor) -> None:
    """A tensor gives a tensor, under any keys or none."""
    crop, either = seedaug.RandomCrop(2), keys if len(keys) else key
    given: seedaug.Keys = either
    assert_type(crop(images[0], key), Tensor)
    assert_type(crop(images[0], keys=key), Tensor)
    assert_type(crop(images, keys=given), Tensor)
    assert_type(crop(images, keys=keys, view=1, stage=1, same_on_batch=True), Tensor)
    assert_type(crop.forward(images, keys=keys, out=images[..., :2, :2].clone()), Tensor)
    assert_type(seedaug.Normalize([0.5], [0.5])(images), Tensor)
    assert_type(Invert()(images), Tensor)
    assert_type(Invert()(images, keys=keys), Tensor)


def composes(images: Tensor, key: seedaug.Key, keys: Tensor) -> None:
    """A Compose of a tensor gives a tensor; what others in it make of a sample isn't known."""
    augment = seedaug.Compose([seedaug.RandomCrop(2), Invert()])
    assert_type(augment(images[0], key), Tensor)
    assert_type(augment(images, keys=keys, stage=1), Tensor)
    assert_type(augment({"image": images[0]}, keys=key), Any)


def samples(image: Tensor, key: seedaug.Key, keys: Tensor) -> None:
    """Under one key a sample keeps its type, and several parts are a tuple."""
    crop = seedaug.RandomCrop(2)
    assert_type(crop({"image": image}, key), dict[str, Tensor])
    assert_type(crop((image, 3), keys=key), tuple[Tensor, int])
    assert_type(crop(image, torch.tensor([1, 2, 3]), keys=key), tuple[Any, ...])
    assert_type(crop([image, image], keys=keys), Any)


def parameters(key: seedaug.Key) -> None:
    """One key gives one sample's parameters."""
    assert_type(seedaug.RandomCrop(2).params(key, (4, 4)), dict[str, dict[str, Any]])
    assert_type(seedaug.Compose([Invert()]).params(key, (4, 4)), dict[str, dict[str, Any]])


def functions(images: Tensor, key: seedaug.Key, keys: Tensor) -> None:
    """Tensors, or lists of them, give a tensor."""
    assert_type(F.random_crop(images, keys=keys, size=2), Tensor)
    assert_type(F.random_crop([*images], keys, 2), Tensor)
    assert_type(F.random_horizontal_flip(images[0], key), Tensor)
    assert_type(F.horizontal_flip(images), Tensor)
    assert_type(F.center_crop([*images], 2), Tensor)
    assert_type(F.normal(keys, (3, 4)), Tensor)


def refused(images: Tensor, keys: Tensor) -> list[Callable[[], object]]:
    """Calls that a type checker refuses; each is an error when it runs, too."""
    return [
        lambda: seedaug.RandomCrop(2)(images, keys="keys"),  # type: ignore[call-overload]
        lambda: seedaug.Compose([Invert()])(images, keys=3),  # type: ignore[call-overload]
        lambda: seedaug.RandomCrop(2).params("keys"),  # type: ignore[call-overload]
        lambda: F.random_crop(images, size=2),  # type: ignore[call-arg]
        lambda: F.horizontal_flip(images, keys),  # type: ignore[call-arg]
        lambda: F.center_crop(images, 2, keys=keys),  # type: ignore[call-arg]
        lambda: F.normal("keys", 3),  # type: ignore[arg-type]
    ]
