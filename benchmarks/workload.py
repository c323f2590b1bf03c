"""The image work that all contenders do: pad, crop, flip, normalise, and maybe noise."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

import seedaug
from seedaug import functional as F

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIGMA = 0.05


@dataclass(frozen=True)
class Work:
    """uint8 [3, source, source] in; float32 [3, crop, crop] out, normalised.

    Args:
        source, crop: sides in pixels.
        padding: zeros on every side before the crop.
        noise: whether Gaussian noise of SIGMA follows, in normalised units.
        raw: uint8 out, nothing normalised.
        hwc: the images lie as decoders leave them, channels innermost.
        ragged: every image has a size of its own, `source` being the smallest side.
    """

    source: int
    crop: int
    padding: int = 0
    noise: bool = False
    raw: bool = False
    hwc: bool = False
    ragged: bool = False

    @property
    def title(self) -> str:
        """For people."""
        sizes = f"{self.source}" + " and more, each its own size" * self.ragged
        pad = f" pad {self.padding}," if self.padding else ""
        then = "uint8 out" if self.raw else "normalise"
        layout = " HWC" * self.hwc
        return f"{sizes}{layout}:{pad} crop {self.crop}, flip, {then}" + ", noise" * self.noise

    @property
    def name(self) -> str:
        """For the JSON."""
        marks = {"noise": self.noise, "uint8": self.raw, "hwc": self.hwc, "ragged": self.ragged}
        return "-".join([f"{self.source}-to-{self.crop}", *(m for m, on in marks.items() if on)])

    @property
    def dtype(self) -> torch.dtype:
        """Of the result."""
        return torch.uint8 if self.raw else torch.float32

    def images(self, count: int, device: str = "cpu") -> Tensor:
        """uint8 [count, 3, source, source]: noise, so that a wrong pixel shows."""
        words = F.words(_keys(count), (3, self.source, self.source // 4)).view(torch.uint8)
        layout = torch.channels_last if self.hwc else torch.contiguous_format
        return words.to(device).contiguous(memory_format=layout)

    def inputs(self, count: int) -> Tensor | list[Tensor]:
        """The images; where they are ragged, a list of [3, Hi, Wi] with sides up to twice."""
        if not self.ragged:
            return self.images(count)
        step = self.source // max(count, 1)
        sizes = [(self.source + step * i, 2 * self.source - step * i) for i in range(count)]
        return [
            F.words(key, (3, height, -(-width // 4))).view(torch.uint8)[..., :width].contiguous()
            for key, (height, width) in zip(_keys(count), sizes, strict=True)
        ]

    def compose(self, dtype: torch.dtype | None = None) -> seedaug.Compose:
        """seedaug's pipeline."""
        steps: list[Any] = [
            seedaug.RandomCrop(self.crop, padding=self.padding or None),
            seedaug.RandomHorizontalFlip(),
        ]
        if not self.raw:
            steps.append(seedaug.Normalize(MEAN, STD))
        if self.noise:
            steps.append(seedaug.GaussianNoise(sigma=SIGMA, clip=False))
        layout = torch.contiguous_format if self.hwc else None
        return seedaug.Compose(steps, dtype=dtype, memory_format=layout)

    def shape(self, count: int) -> tuple[int, int, int, int]:
        """Of `count` results."""
        return count, 3, self.crop, self.crop

    def empty(self, count: int) -> Tensor:
        """A buffer for `count` results."""
        return torch.empty(self.shape(count), dtype=self.dtype)

    def copy_floor(self, target: Tensor, cycle: int = 1) -> Callable[[], Tensor]:
        """Reads as many uint8 as are cropped and writes them into `target`: no more.

        Args:
            target: the buffer.
            cycle: so many different sources take turns, as the images of the others do.
        """
        words = F.words(_keys(cycle * len(target)), (3, self.crop, -(-self.crop // 4)))
        every = words.view(torch.uint8)[..., : self.crop].contiguous()
        sources = itertools.cycle(every.split(len(target)))
        return lambda: target.copy_(next(sources))

    def padded(self, image: Tensor) -> Tensor:
        """One image with its zeros."""
        return torch.nn.functional.pad(image, [self.padding] * 4) if self.padding else image

    def finished(self, window: Tensor) -> Tensor:
        """What becomes of a window of pixels [3, crop, crop], in double precision."""
        if self.raw:
            return window.double()
        mean, std = (torch.tensor(v, dtype=torch.float64)[:, None, None] for v in (MEAN, STD))
        return (window.double() / 255 - mean) / std

    def expected(self, image: Tensor, key: seedaug.Key, rows: slice = slice(None)) -> Tensor:
        """Rows of one image in plain torch, by the parameters that seedaug reports; no noise."""
        drawn = self.compose().params(key, tuple(image.shape[-2:]))
        top, left = drawn["random_crop"]["top"], drawn["random_crop"]["left"]
        window = self.padded(image)[:, top : top + self.crop, left : left + self.crop]
        window = window[:, rows]
        return self.finished(window.flip(-1) if drawn["horizontal_flip"]["flipped"] else window)

    def nearest(self, result: Tensor, image: Tensor) -> Tensor:
        """Of all crops of an image, flipped or not, the one whose middle row is nearest.

        A peer draws by itself: where it cropped is found, not known. (The first row may be one
        of padding, like others.)
        """
        source, crop, middle = self.padded(image), self.crop, self.crop // 2
        heights, widths = source.shape[-2] - crop + 1, source.shape[-1] - crop + 1
        row = result[:, middle : middle + 1].double()
        if not self.raw:
            mean, std = (torch.tensor(v, dtype=torch.float64)[:, None, None] for v in (MEAN, STD))
            row = (row * std + mean) * 255
        best = (float("inf"), source[:, :crop, :crop])
        for flip in (False, True):
            wanted = (row.flip(-1) if flip else row)[0, 0].float()
            rows = (
                source[0, middle : middle + heights].float().unfold(1, crop, 1)
            )  # [heights, widths, crop]
            off = (rows - wanted).square().mean(-1).flatten()
            top, left = divmod(int(off.argmin()), widths)
            window = source[:, top : top + crop, left : left + crop]
            best = min(best, (float(off.min()), window.flip(-1) if flip else window), key=_first)
        return self.finished(best[1])

    def check_ours(self, result: Tensor, images: Any, keys: list[seedaug.Key]) -> None:
        """Every image is what its own key gives; the noise is noise of SIGMA."""
        batch = self._batch(result, len(keys))
        for got, image, key in zip(batch, images, keys, strict=True):
            rest = got.double() - self.expected(image, key)
            if not self.noise:
                assert rest.abs().max() < 5e-6, f"off by {rest.abs().max():.2g}"
                continue
            error = 6 * SIGMA / rest.numel() ** 0.5
            assert abs(rest.mean()) < error, f"the noise has the mean {rest.mean():.2g}"
            assert abs(rest.std() - SIGMA) < error, f"the noise has the sigma {rest.std():.2g}"

    def check_peer(self, result: Tensor, images: Any) -> None:
        """The first, a middle and the last are crops of their own images, with the noise if any.

        Without noise every value is that of a pixel, to a hundredth of a level; noise may be
        clipped before it is normalised, so its sigma is held to three tenths.
        """
        batch, level = self._batch(result, len(images)), 1.0 if self.raw else 1 / (255 * min(STD))
        for n in sorted({0, len(images) // 2, len(images) - 1}):
            rest = batch[n].double() - self.nearest(batch[n], images[n])
            if not self.noise:
                off = float(rest.abs().max()) / level
                assert off < 0.01, f"image {n} is no crop of its source: off by {off:.2g} levels"
                continue
            sigma = float(rest.std())
            assert abs(sigma / SIGMA - 1) < 0.3, f"image {n} has the sigma {sigma:.2g}"

    def _batch(self, result: Tensor, count: int) -> Tensor:
        batch = result if result.dim() == 4 else result[None]
        assert batch.shape == self.shape(count), f"shape {[*batch.shape]}"
        assert batch.dtype == self.dtype, f"dtype {batch.dtype}"
        return batch


def _keys(count: int) -> Tensor:
    return seedaug.keys(seed=2, index=range(count))


def _first(pair: tuple[float, Tensor]) -> float:
    return pair[0]
