"""The reference's steps and images in the words of the native ops, and the loops to run them on.

Unlike the rest of this package it knows seedaug; nothing of the reference depends on it.
"""

from contextlib import contextmanager

import numpy as np
import torch

from reference.pixels import Image
from seedaug import _core
from seedaug import functional as F
from seedaug.schema import SCHEMAS
from seedaug.transforms import color, crop, flip, noise, pad

ISAS = sorted(_core.config()["isas_available"])
DTYPES = {
    "uint8": torch.uint8,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
}
BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


@contextmanager
def using(isa=None, threads=None):
    """Runs the native CPU code with the loops of one instruction set, on so many threads."""
    before = torch.get_num_threads()
    if isa is not None:
        assert torch.ops.seedaug.use_isa(isa), isa
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        assert torch.ops.seedaug.use_isa(_core.config()["isa"])


def key_tensor(at):
    """Coordinates as int64 [3], or a list of them as int64 [N, 3]."""
    rows = [one.packed() for one in at] if isinstance(at, list) else at.packed()
    return torch.tensor(rows, dtype=torch.int64)


def to_tensor(image):
    """A reference image as a tensor of its type."""
    data = image.data.copy(order="C")
    if image.dtype == "bfloat16":
        return torch.from_numpy(data.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(data)


def bits(x):
    """The bits of a tensor or a reference image, as integers to compare."""
    x = to_tensor(x) if isinstance(x, Image) else x
    return x.contiguous().view(BITS[x.element_size()]).numpy()


def instruction(name, arguments):
    """One step of a reference program as a native instruction."""
    given = dict(arguments)
    if name == "clamp":
        return SCHEMAS["clamp"](min=given["low"], max=given["high"])
    if name == "to_dtype":
        return color.to_dtype(DTYPES[given["dtype"]], given.get("scale", False))
    if "mode" in given:
        given["padding_mode"] = given.pop("mode")
    make = {
        "random_crop": crop.random_crop,
        "center_crop": crop.center_crop,
        "pad": pad.pad,
        "horizontal_flip": flip.horizontal_flip,
        "vertical_flip": flip.vertical_flip,
        "normalize": color.normalize,
        "gaussian_noise": noise.gaussian_noise,
    }[name]
    return make(**given)


def placed(steps, stage=0):
    """Steps as instructions with their occurrences."""
    used, result = {}, []
    for name, arguments in steps:
        used[name] = used.get(name, -1) + 1
        result.append((instruction(name, arguments), used[name] + 16 * stage))
    return result


def run(steps, x, keys, out=None):
    """Steps on a tensor or a list of them by the native ops."""
    return F.augment(x, keys, placed(steps), out=out)
