"""Says epochs as timm's training script does."""

from __future__ import annotations

from typing import Any


def tell(loader: Any, dataset: Any, epoch: int, distributed: bool) -> None:
    """To the dataset if it heeds them, and only else to the sampler."""
    if hasattr(dataset, "set_epoch"):
        dataset.set_epoch(epoch)
    elif distributed and hasattr(loader.sampler, "set_epoch"):
        loader.sampler.set_epoch(epoch)
