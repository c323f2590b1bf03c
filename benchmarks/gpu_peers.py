"""What users would pick instead on a GPU: gather code, compiled code, other generators of normals.

What can't be had here becomes a contender without a call that says why.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from benchmarks import peers
from benchmarks.harness import Call, Contender
from benchmarks.workload import MEAN, SIGMA, STD, Work

LOOP_COUNT = 512  # images that a loop in Python is timed with, at most


class Gather:
    """Random crops and flips of a batch by advanced indexing, normalised, in float16."""

    def __init__(self, work: Work, device: str) -> None:
        self.work = work
        std = torch.tensor(STD, device=device)[:, None, None]
        self.scale = 1 / (255 * std)
        self.offset = -torch.tensor(MEAN, device=device)[:, None, None] / std
        self.line = torch.arange(work.crop, device=device)

    def __call__(self, images: Tensor) -> Tensor:
        work, count, device = self.work, len(images), images.device
        x = torch.nn.functional.pad(images, [work.padding] * 4) if work.padding else images
        spare = x.shape[-1] - work.crop + 1
        top, left = torch.randint(spare, (2, count, 1), device=device)
        flipped = torch.rand(count, 1, device=device) < 0.5
        rows = top + self.line
        columns = left + torch.where(flipped, self.line.flip(0), self.line)
        sample = torch.arange(count, device=device)[:, None, None, None]
        channel = torch.arange(3, device=device)[:, None, None]
        taken = x[sample, channel, rows[:, None, :, None], columns[:, None, None, :]]
        done = taken.float() * self.scale + self.offset
        if work.noise:
            done = done + SIGMA * torch.randn_like(done)
        return done.to(torch.float16)


def compiled(name: str, call: Callable[[Tensor], Tensor], images: Tensor) -> Contender:
    """A peer through torch.compile, if that works here; compiled before anything is timed."""
    if images.device.type != "cuda":
        return Contender(name, missing="not compiled in a dry run")
    fast = torch.compile(call)
    try:
        fast(images)
    except Exception as error:  # a compiler that is missing shows in many ways
        return Contender(name, missing=f"torch.compile failed: {type(error).__name__}")
    return Contender(name, lambda: fast(images))


def batches(work: Work, images: Tensor, compile_too: bool) -> Iterator[Contender]:
    """For a batch with its own parameters for each image; compiling takes many seconds a row."""
    gather, sources = Gather(work, str(images.device)), images.cpu()

    def check(result: Tensor) -> None:
        work.check_peer(result.float() if work.noise else rounded(result), sources)

    def rounded(result: Tensor) -> Tensor:
        """To the pixel levels that float16 can't tell from them."""
        mean, std = (torch.tensor(v)[:, None, None] for v in (MEAN, STD))
        levels = ((result.float().cpu() * std + mean) * 255).round()
        return (levels / 255 - mean) / std

    yield Contender("gather", lambda: gather(images), lambda result: check(result.cpu()))
    if compile_too:
        yield compiled("gather, torch.compile", gather, images)
    if work.padding and not work.noise:
        shifts = peers.MaskedShifts(work)
        yield Contender("masked shifts", lambda: shifts(images))
        if compile_too:
            yield compiled("masked shifts, torch.compile", shifts, images)
    yield Contender("kornia", peers.kornia_batch(work, images))
    if len(images) <= LOOP_COUNT:
        loop = peers.loop_and_stack(peers.torchvision_pipeline(work), images)
        yield Contender("torchvision v2, loop and stack", loop)


@functools.cache
def triton_normals() -> Any:
    """A Triton kernel that fills a buffer with tl.randn, or None without Triton."""
    try:
        from benchmarks.gpu_triton import fill_normal
    except ImportError:
        return None
    return fill_normal


def _triton(buffer: Tensor) -> Contender:
    fill = triton_normals() if buffer.is_cuda else None
    if fill is None:
        return Contender("Triton's tl.randn", missing="no Triton for this device")
    return Contender("Triton's tl.randn", lambda: fill(buffer, 1))


def _func_random(buffer: Tensor) -> Contender:
    name = "torch.func._random.normal"
    try:
        random = __import__("torch.func._random", fromlist=["normal"])
        key = random.key(1, device=buffer.device)
        random.normal(key, 4)
    except Exception as error:  # private, and not on every device
        return Contender(name, missing=f"not here: {type(error).__name__}")
    call: Call = lambda: random.normal(key, buffer.numel())  # noqa: E731
    return Contender(name, call)


def normals(buffer: Tensor) -> list[Contender]:
    """As many normals as `buffer` holds."""
    return [
        Contender("torch.randn", lambda: torch.randn(buffer.shape, out=buffer)),
        _triton(buffer),
        _func_random(buffer),
    ]
