"""What a sample consists of: which of its leaves are images, masks, boxes or keypoints.

torchvision v2's rules: a tensor that is no tv_tensor counts as an image only if the sample holds
no explicit one (PIL image, ``tv_tensors.Image`` or ``Video``), and then only the first. NumPy
arrays count as such tensors. Everything else passes through untouched.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from torch import Tensor
from torch.nn import Parameter

from seedaug.dense import check_dense
from seedaug.interop import numpy as arrays
from seedaug.interop import pil, torchvision

__all__ = [
    "Role",
    "check_samples",
    "find_roles",
    "find_size",
    "from_tensor",
    "is_image_list",
    "is_list_of_samples",
    "sample_sizes",
    "to_tensor",
]

Role: TypeAlias = Literal[
    "tensor", "image", "pil", "array", "mask", "boxes", "keypoints", "images", "samples", ""
]
"""The last two are lists under N keys: N images, and what else N samples have, one by one."""

IMAGES = frozenset({"tensor", "image", "pil", "array"})
SHAPES = frozenset({"boxes", "keypoints"})


def _role(leaf: object, tv: Any, pil_module: Any) -> Role:
    if isinstance(leaf, Tensor):
        if tv is not None and isinstance(leaf, tv.TVTensor):
            if isinstance(leaf, (tv.Image, tv.Video)):
                return "image"
            if isinstance(leaf, tv.Mask):
                return "mask"
            if isinstance(leaf, tv.BoundingBoxes):
                return "boxes"
            return "keypoints" if isinstance(leaf, tv.KeyPoints) else ""
        return "tensor"
    if isinstance(leaf, np.ndarray):
        return "array"
    if isinstance(leaf, (list, tuple)) and leaf:  # which is a leaf by `is_list_of_samples` only
        return (
            "images"
            if isinstance(leaf[0], Tensor) and _role(leaf[0], tv, None) == "tensor"
            else "samples"
        )
    return "pil" if pil_module is not None and isinstance(leaf, pil_module.Image) else ""


def find_roles(leaves: list[Any], batched: bool = False, any_shape: bool = False) -> list[Role]:
    """The role of each leaf of a sample, or of a batch of them; "" for what passes through.

    Args:
        leaves: of the sample.
        batched: whether the first dimension counts samples.
        any_shape: whether the tensor that counts may be of any shape, whatever others are there.

    Raises:
        ValueError: `batched`, but single images or clips were found, or several batches of them
            of which only the first would count; or that first is one-dimensional a sample, as
            audio and targets are, and others are there that could be meant.
    """
    tv, pil_module = torchvision.module(), sys.modules.get("PIL.Image")
    roles = [_role(leaf, tv, pil_module) for leaf in leaves]
    pure_is_image = "image" not in roles and "pil" not in roles
    first: Any = None
    listed = False
    for i, (leaf, role) in enumerate(zip(leaves, roles, strict=True)):
        if role in ("tensor", "array", "images"):
            if pure_is_image:
                first, listed = (leaf[0][None], True) if role == "images" else (leaf, False)
            elif role == "images" and not listed:
                roles[i] = ""
            else:
                roles[i] = ""
                leaf = leaf[0][None] if role == "images" else leaf
                if listed and leaf.ndim > first.ndim:
                    raise ValueError(_SEVERAL.format([*first.shape], [*leaf.shape]))
                if batched and first is not None and leaf.ndim == first.ndim > 2:
                    raise ValueError(_SEVERAL.format([*first.shape], [*leaf.shape]))
                if first is None or any_shape:
                    continue
                if leaf.ndim >= first.ndim == 1 + batched:
                    raise ValueError(_WHICH.format([*first.shape], [*leaf.shape]))
            pure_is_image = False
        elif batched and role == "image" and leaf.dim() < (5 if isinstance(leaf, tv.Video) else 4):
            raise ValueError(
                f"N keys need a batch, but {type(leaf).__name__} {[*leaf.shape]} is a single one: "
                "stack N of them, or give one key of shape [3]"
            )
    return roles


_SEVERAL = (
    "N keys need one batch of images, but several tensors or arrays have as many dimensions, {} "
    "and {}: pass N images in a list of tensors, or stacked; several batches as "
    "tv_tensors.Image or Mask"
)


_WHICH = (
    "the first tensor of a sample counts as its image, or audio, and here that is {}, beside {}: "
    "put the image first, or pass the audio by itself"
)


def is_image_list(x: Any) -> bool:
    """Whether `x` is a list of images [C, H, W] or [H, W] that N keys make one batch of."""
    return type(x) is list and all(
        type(one) in (Tensor, Parameter) and one.dim() in (2, 3) for one in x
    )


def is_list_of_samples(x: Any) -> bool:
    """Whether N keys go through `x` one by one: N images, boxes or keypoints, or dicts of these."""
    if type(x) not in (list, tuple) or not x:
        return False
    images = is_image_list(x) and all(one.dim() == 3 for one in x)
    return images or all(map(_has_shapes, x))


def _has_shapes(one: Any) -> bool:
    parts = one.values() if isinstance(one, dict) else [one]
    tv = torchvision.module()
    return any(_role(part, tv, None) in SHAPES for part in parts if isinstance(part, Tensor))


def sample_sizes(leaves: list[Any], roles: list[Role], count: int) -> list[tuple[int, int]]:
    """Height and width of each sample's image; empty if there are only boxes and the like."""
    for leaf, role in zip(leaves, roles, strict=True):
        if role == "images":
            return [_size(image, "tensor", False) for image in leaf]
        if role in IMAGES or role == "mask":
            return [_size(leaf, role, True)] * count
    return []


def check_samples(x: Sequence[Any], count: int) -> None:
    """Check that a list that N keys go through has N elements.

    Raises:
        ValueError: it has another number.
    """
    if len(x) != count:
        what = type(x[0]).__name__
        raise ValueError(f"{count} keys need a list of {count} samples, got {len(x)} of {what}")


def to_tensor(leaf: Any, role: Role, batched: bool = False) -> Tensor:
    """An image or mask as a plain tensor [..., C, H, W] or [H, W]."""
    if role == "pil":
        return pil.to_tensor(leaf)
    if role == "array":
        return arrays.to_tensor(leaf, batched)
    check_dense(leaf)
    plain: Tensor = leaf if role == "tensor" else leaf.as_subclass(Tensor)
    return plain


def from_tensor(x: Tensor, like: Any, role: Role, batched: bool = False) -> Any:
    """What came in as `like`, made again from a result."""
    if role == "pil":
        return pil.from_tensor(x, like)
    if role == "array":
        return arrays.from_tensor(x, like, batched)
    return x if role == "tensor" else torchvision.wrap(x, like)


def _size(leaf: Any, role: Role, batched: bool) -> tuple[int, int]:
    if role in SHAPES:
        height, width = leaf.canvas_size
    elif role == "pil":
        width, height = leaf.size
    elif role == "array" and leaf.ndim - batched > 2:
        height, width = leaf.shape[-3:-1]
    else:
        if role == "tensor" and leaf.is_nested:
            check_dense(leaf)
        shape = leaf.shape[1:] if batched else leaf.shape
        height, width = (1, *shape)[-2:] if len(shape) > 0 else (0, 0)
    return height, width


def find_size(leaves: list[Any], roles: list[Role], batched: bool = False) -> tuple[int, int]:
    """The one height and width of everything in a sample that has any, lists left out.

    Raises:
        TypeError: nothing in it has.
        ValueError: they differ.
    """
    listed = "images" in roles or "samples" in roles
    sizes = {
        _size(leaf, role, batched)
        for leaf, role in zip(leaves, roles, strict=True)
        if role not in ("", "images", "samples")
    }
    if listed and len(sizes) < 2:
        return sizes.pop() if sizes else (0, 0)
    if not sizes:
        raise TypeError("no image, mask, bounding boxes or keypoints were found in the sample")
    if len(sizes) > 1:
        shown = ", ".join(f"{height}x{width}" for height, width in sorted(sizes))
        raise ValueError(f"one draw for a sample needs one size in it, found {shown}")
    return sizes.pop()
