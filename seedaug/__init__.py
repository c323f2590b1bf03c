"""seedaug: random augmentation as a pure function of (seed, epoch, worker, index)."""

from importlib.util import find_spec as _find_spec
from typing import TYPE_CHECKING

if _find_spec("seedaug._core") is None:
    raise ImportError(
        f"{__file__} is seedaug's source folder and is not compiled: run `make build` there, or "
        "start Python in another folder to import the installed package"
    )

from seedaug import functional
from seedaug._core import STREAM_VERSION
from seedaug._core import config as _config
from seedaug.config import show_config
from seedaug.context import NoKeyError, sample
from seedaug.data import (
    DataLoader,
    KeyedSampler,
    RepeatedEpochWarning,
    SeededDataset,
    SeededIterableDataset,
)
from seedaug.data.held import HeldGeneratorWarning
from seedaug.key import Key, Keys, keys
from seedaug.neighbours import SharedGlobalsWarning
from seedaug.random import py_random, rng, seed_globals, torch_generator
from seedaug.transforms import (
    CenterCrop,
    Compose,
    GaussianNoise,
    Normalize,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    Stream,
    ToDtype,
    Transform,
    register_kind,
)

if TYPE_CHECKING:
    from seedaug import check
    from seedaug.check import assert_healthy, check_loader

__version__: str = _config()["version"]

__all__ = [
    "STREAM_VERSION",
    "CenterCrop",
    "Compose",
    "DataLoader",
    "GaussianNoise",
    "HeldGeneratorWarning",
    "Key",
    "KeyedSampler",
    "Keys",
    "NoKeyError",
    "Normalize",
    "Pad",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "RepeatedEpochWarning",
    "SeededDataset",
    "SeededIterableDataset",
    "SharedGlobalsWarning",
    "Stream",
    "ToDtype",
    "Transform",
    "assert_healthy",
    "check",
    "check_loader",
    "functional",
    "keys",
    "py_random",
    "register_kind",
    "rng",
    "sample",
    "seed_globals",
    "show_config",
    "torch_generator",
]


if not TYPE_CHECKING:  # a type checker would take any name for one of these

    def __getattr__(name: str) -> object:
        """The check of a loader, which is imported when it is first asked for."""
        if name not in ("assert_healthy", "check", "check_loader"):
            raise AttributeError(f"module 'seedaug' has no attribute {name!r}", name=name)
        from importlib import import_module

        check = import_module("seedaug.check")
        return check if name == "check" else getattr(check, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
