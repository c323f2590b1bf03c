"""torchvision's tv_tensors: which part of a sample each is.

torchvision is never imported for its own sake: whoever passes a tv_tensor has imported it.
"""

from __future__ import annotations

import sys
from typing import Any

from torch import Tensor

__all__ = ["functional", "module", "wrap"]


def module() -> Any:
    """``torchvision.tv_tensors`` if something has imported it, else None."""
    return sys.modules.get("torchvision.tv_tensors")


def functional() -> Any:
    """``torchvision.transforms.v2.functional``, for whoever has passed a tv_tensor."""
    from torchvision.transforms.v2 import functional

    return functional


def wrap(x: Tensor, like: Any) -> Any:
    """A tv_tensor of the type and metadata of `like`."""
    return module().wrap(x, like=like)
