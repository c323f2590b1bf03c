"""Lets torchvision be imported beside a torch that it was not built for."""

import importlib.util
from pathlib import Path

import torch


def define_torchvision_schemas():
    """Lets torchvision's Python half be imported without its compiled half.

    The compiled half of the pinned version was built for another torch. The Python half registers
    fake kernels for two operators of it; without it they have to be defined first. The Library
    object must live as long as the operators.
    """
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return None
    for library in Path(found.origin).parent.glob("_C*.so"):
        try:
            torch.ops.load_library(str(library))
            return None
        except OSError:
            pass
    schemas = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        schemas.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return schemas
