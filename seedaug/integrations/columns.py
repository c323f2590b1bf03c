"""Batches of named columns: the images among them augmented, each under the key of its row's id."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from seedaug.context import sample
from seedaug.key import Key, check_coordinate, keys
from seedaug.random import SeededGlobals
from seedaug.transforms import Transform

__all__ = ["Batch", "Channels", "RowKey", "Rows"]

Batch: TypeAlias = dict[str, Any]
"""Columns by name: arrays [N, ...], or of objects where rows differ in shape."""

Channels: TypeAlias = Literal["first", "last"]
RowKey: TypeAlias = str | Callable[[dict[str, Any]], int]


@dataclass
class Rows:
    """The work on one batch of rows; see `seedaug.integrations.ray.augment` for the fields."""

    compose: Any
    seed: int
    epoch: int
    key: RowKey
    image: str
    visit: str | None
    channels: Channels | None
    return_key: bool
    seed_globals: bool

    def __post_init__(self) -> None:
        if not callable(self.compose):
            raise TypeError(f"augment: compose must be callable, got {self.compose!r}")
        if getattr(self.compose, "dtype", None) == torch.bfloat16:
            raise ValueError(
                "augment: NumPy, and so Ray, has no bfloat16; give the Compose another dtype and "
                "convert on the device"
            )
        if not isinstance(self.key, str) and not callable(self.key):
            raise TypeError(
                f"augment: key must name a column or be a function of a row, got {self.key!r}"
            )
        for name, column in (("image", self.image), ("visit", self.visit or "")):
            if not isinstance(column, str):
                raise TypeError(f"augment: {name} must name a column, got {column!r}")
        if self.channels not in (None, "first", "last"):
            raise ValueError(f'augment: channels must be "first" or "last", got {self.channels!r}')
        self.seed = check_coordinate("seed", self.seed)
        self.epoch = check_coordinate("epoch", self.epoch)

    def __call__(self, batch: Batch) -> Batch:
        images = self._column(batch, self.image)
        packed = self._keys(batch)
        made = {**batch, self.image: self._augment(images, packed)}
        if self.return_key:
            if "key" in batch:
                raise ValueError('augment: return_key=True adds a column "key", and there is one')
            made["key"] = packed.numpy()
        return made

    def _column(self, batch: Batch, name: str) -> Any:
        if name not in batch:
            raise ValueError(f"augment: there is no column {name!r}, the rows have {[*batch]}")
        return batch[name]

    # --- Keys ---

    def _keys(self, batch: Batch) -> torch.Tensor:
        """int64 [N, 3]."""
        if callable(self.key):
            count = len(batch[self.image])
            rows = ({name: batch[name][row] for name in batch} for row in range(count))
            index = np.array(
                [check_coordinate("index", self.key(row)) for row in rows], dtype=np.int64
            )
        else:
            index = self._numbers(batch, self.key, "index", "key=")
        if self.visit is None:
            self._refuse_twins(index)
            return keys(self.seed, self.epoch, 0, index)
        return keys(
            self.seed, self.epoch, self._numbers(batch, self.visit, "worker", "visit="), index
        )

    def _numbers(self, batch: Batch, name: str, coordinate: str, option: str) -> Any:
        """A column of integers within the range of `coordinate`."""
        column = np.asarray(self._column(batch, name))
        if column.dtype.kind not in "iu" or column.ndim != 1:
            what = f"{column.dtype} {[*column.shape]}"
            raise TypeError(
                f"augment: the column {name!r} must hold one integer for each row, and none may be "
                f"missing, got {what}; name another ({option}), or give a function as key="
            )
        try:
            keys(index=column) if coordinate == "index" else keys(worker=column)
        except ValueError as error:
            raise ValueError(f"augment: column {name!r}: {error}") from None
        return column

    def _refuse_twins(self, index: npt.NDArray[np.int64]) -> None:
        found, counts = np.unique(index, return_counts=True)
        if found.size != index.size:
            twin = int(found[counts.argmax()])
            raise ValueError(
                f"augment: id {twin} is on {counts.max()} rows, which would draw alike; give every "
                "row an id of its own, or a column visit= that counts the rows of an id"
            )

    # --- Images ---

    def _augment(self, images: Any, packed: torch.Tensor) -> Any:
        first = self._channels_first(images)
        foreign = getattr(self.compose, "_foreign", False)  # which may decode, or what it likes
        if isinstance(self.compose, Transform) and not foreign:
            for image in images[:1] if images.dtype != object else images:
                self._check_image(image)
        alone = self.seed_globals or not isinstance(self.compose, Transform)
        if images.dtype != object and not alone and not foreign:
            x = torch.from_numpy(np.array(images)) if first else images
            return _array(self.compose(x, keys=packed))
        made = [
            self._one(image, Key.unpack(row), first)
            for image, row in zip(images, packed, strict=True)
        ]
        return _column_of(made)

    def _check_image(self, image: Any) -> None:
        """A transform leaves alone what is no image to it, and would say nothing."""
        if not isinstance(image, np.ndarray) or image.ndim < 2 or image.dtype.kind not in "buif":
            what = getattr(image, "dtype", type(image).__name__)
            raise TypeError(
                f"augment: the column {self.image!r} must hold images [H, W, C], [C, H, W] or "
                f"[H, W], got {what} {[*np.shape(image)]}; decode it before, or in `compose`"
            )

    def _channels_first(self, images: Any) -> bool:
        """Whether images are [C, H, W]; without a word, [H, W, C] is believed where it can be."""
        if self.channels is None and len(images):
            shape = np.shape(images[0])
            if len(shape) == 3 and shape[-1] > 4 and shape[0] <= 4:
                raise ValueError(
                    f"augment: images of shape {[*shape]} look like [C, H, W]; say "
                    'channels="first", or channels="last" if they are not'
                )
        return self.channels == "first"

    def _one(self, image: Any, key: Key, first: bool) -> npt.NDArray[Any]:
        x: Any = torch.from_numpy(np.array(image)) if first else image
        with SeededGlobals(key.packed()) if self.seed_globals else nullcontext():
            if isinstance(self.compose, Transform):
                return _array(self.compose(x, keys=key))
            with sample(key):
                return _array(self.compose(x))


def _array(made: Any) -> npt.NDArray[Any]:
    if isinstance(made, torch.Tensor):
        made = made.detach().contiguous().numpy()
    return np.asarray(made)


def _column_of(made: list[npt.NDArray[Any]]) -> Any:
    """One array [N, ...], or one of objects where shapes differ."""
    if len({image.shape for image in made}) == 1:
        return np.stack(made)
    column = np.empty(len(made), dtype=object)
    for row, image in enumerate(made):
        column[row] = image
    return column
