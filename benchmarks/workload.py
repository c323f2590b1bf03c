"""The image work that all contenders do: pad, crop, flip, normalise, and maybe noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    """

    source: int
    crop: int
    padding: int = 0
    noise: bool = False

    @property
    def title(self) -> str:
        """For people."""
        pad = f" pad {self.padding}," if self.padding else ""
        return f"{self.source}:{pad} crop {self.crop}, flip, normalise" + ", noise" * self.noise

    @property
    def name(self) -> str:
        """For the JSON."""
        return f"{self.source}-to-{self.crop}" + "-noise" * self.noise

    def images(self, count: int, device: str = "cpu") -> Tensor:
        """uint8 [count, 3, source, source]: noise, so that a wrong pixel shows."""
        keys = seedaug.keys(seed=2, index=range(count))
        words = F.words(keys, (3, self.source, self.source // 4)).view(torch.uint8)
        return words.to(device)

    def compose(self, dtype: torch.dtype | None = None) -> seedaug.Compose:
        """seedaug's pipeline."""
        steps = [
            seedaug.RandomCrop(self.crop, padding=self.padding or None),
            seedaug.RandomHorizontalFlip(),
            seedaug.Normalize(MEAN, STD),
        ]
        if self.noise:
            steps.append(seedaug.GaussianNoise(sigma=SIGMA, clip=False))
        return seedaug.Compose(steps, dtype=dtype)

    def shape(self, count: int) -> tuple[int, int, int, int]:
        """Of `count` results."""
        return count, 3, self.crop, self.crop

    def copy_floor(self, target: Tensor) -> Callable[[], Tensor]:
        """Reads as many uint8 as are cropped and writes them as float32 into `target`: no more."""
        source = self.images(len(target))[..., : self.crop, : self.crop].contiguous()
        return lambda: target.copy_(source)

    def expected(self, image: Tensor, key: seedaug.Key) -> Tensor:
        """One image in plain torch, given the parameters that seedaug reports; without noise."""
        drawn = self.compose().params(key, (self.source, self.source))
        top, left = drawn["random_crop"]["top"], drawn["random_crop"]["left"]
        x = torch.nn.functional.pad(image, [self.padding] * 4) if self.padding else image
        x = x[:, top : top + self.crop, left : left + self.crop].double() / 255
        if drawn["horizontal_flip"]["flipped"]:
            x = x.flip(-1)
        mean, std = (torch.tensor(v, dtype=torch.float64)[:, None, None] for v in (MEAN, STD))
        return (x - mean) / std

    def check_ours(self, result: Tensor, images: Tensor, keys: list[seedaug.Key]) -> None:
        """Every image is what its own key gives; the noise is noise of SIGMA."""
        batch = result if result.dim() == 4 else result[None]
        assert batch.shape == self.shape(len(keys)), f"shape {[*batch.shape]}"
        assert batch.dtype == torch.float32, f"dtype {batch.dtype}"
        for got, image, key in zip(batch, images, keys, strict=True):
            rest = got.double() - self.expected(image, key)
            if not self.noise:
                assert rest.abs().max() < 5e-6, f"off by {rest.abs().max():.2g}"
                continue
            error = 6 * SIGMA / rest.numel() ** 0.5
            assert abs(rest.mean()) < error, f"the noise has the mean {rest.mean():.2g}"
            assert abs(rest.std() - SIGMA) < error, f"the noise has the sigma {rest.std():.2g}"

    def check_peer(self, result: Tensor, count: int) -> None:
        """A peer's draws are its own: shape, type, and (without noise) that pixels are pixels."""
        batch = result if result.dim() == 4 else result[None]
        assert batch.shape == self.shape(count), f"shape {[*batch.shape]}"
        assert batch.dtype == torch.float32, f"dtype {batch.dtype}"
        mean, std = (torch.tensor(v)[:, None, None] for v in (MEAN, STD))
        levels = (batch * std + mean) * 255
        assert -1 - 2000 * SIGMA * self.noise < levels.min(), f"a level of {levels.min()}"
        assert levels.max() < 256 + 2000 * SIGMA * self.noise, f"a level of {levels.max()}"
        assert levels.std() > 50, "hardly any contrast"
        if not self.noise:
            assert (levels - levels.round()).abs().max() < 0.01, "values that no pixel has"
