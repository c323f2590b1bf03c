"""Noise: GaussianNoise."""

from __future__ import annotations

from seedaug.schema import SCHEMAS, Instruction
from seedaug.transforms.arguments import check_number
from seedaug.transforms.program_transform import ProgramTransform

__all__ = ["GaussianNoise"]


def gaussian_noise(mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> Instruction:
    """The instruction of Gaussian noise; arguments as `GaussianNoise`."""
    mean = check_number("GaussianNoise", "mean", mean)
    sigma = check_number("GaussianNoise", "sigma", sigma)
    if sigma < 0:
        raise ValueError(f"GaussianNoise(sigma={sigma}): sigma must be 0 or more")
    return SCHEMAS["gaussian_noise"](mean=mean, sigma=sigma, clip=bool(clip))


class GaussianNoise(ProgramTransform):
    """Add Gaussian noise to images and videos; masks, boxes and keypoints stay as they are.

    Args:
        mean: of the noise, where the image's values go from 0 to 1; for uint8 it counts 255 times.
        sigma: its standard deviation, in the same units; 0 or more. Default 0.1.
        clip: clamp float images to [0, 1] afterwards. uint8 results are always rounded to
            nearest (ties to even) and saturated to [0, 255].

    Raises:
        ValueError: sigma is negative, or an argument is not finite.
        TypeError: in calls, PIL images, and dtypes other than uint8, float16, bfloat16, float32.

    Words of its stream: element e of the image draws the normal of element e. As torchvision
    v2's GaussianNoise, which draws once for a batch, truncates uint8 and wraps without clip.

    >>> import torch, seedaug
    >>> noise = seedaug.GaussianNoise(sigma=0.1, clip=False)
    >>> noise(torch.zeros(3, 100, 100), seedaug.Key(seed=0)).std().round(decimals=2)
    tensor(0.1000)
    """

    schema = SCHEMAS["gaussian_noise"]
    kind = schema.kind

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        super().__init__()
        gaussian_noise(mean, sigma, clip)
        self.mean = mean
        self.sigma = sigma
        self.clip = clip

    def instruction(self, target: type) -> Instruction:
        """The noise."""
        return gaussian_noise(self.mean, self.sigma, self.clip)
