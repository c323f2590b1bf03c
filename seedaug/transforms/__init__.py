"""Transforms: names, arguments and defaults as torchvision v2's, draws from the sample's key."""

from seedaug.transforms.base import Transform
from seedaug.transforms.color import Normalize, ToDtype
from seedaug.transforms.compose import Compose
from seedaug.transforms.crop import CenterCrop, RandomCrop
from seedaug.transforms.flip import RandomHorizontalFlip, RandomVerticalFlip
from seedaug.transforms.kinds import register_kind
from seedaug.transforms.noise import GaussianNoise
from seedaug.transforms.pad import Pad
from seedaug.transforms.stream import Stream

__all__ = [
    "CenterCrop",
    "Compose",
    "GaussianNoise",
    "Normalize",
    "Pad",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "Stream",
    "ToDtype",
    "Transform",
    "register_kind",
]
