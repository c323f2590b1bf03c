"""Whole epochs of a DataLoader, by the wall: seedaug's, and torch's with torchvision v2.

Both keep their workers and take turns, an epoch each; the first epoch, which starts the workers,
is not timed. Both end in the same work (see workload.py) and get the same dataset, in memory or
decoded from JPEG by Pillow.
"""

from __future__ import annotations

import io
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, TensorDataset

import seedaug
from benchmarks import peers
from benchmarks.harness import (
    SECONDS,
    Contender,
    Row,
    Target,
    Timing,
    Within,
    check_all,
    prepare,
    summarised,
    wall_seconds,
)
from benchmarks.memory import peak
from benchmarks.workload import Work
from seedaug import functional as F

STOCK = "torch DataLoader, torchvision v2"
WORKERS = 2
LEAST_TURNS = 3


class Pictures(Dataset[Any]):
    """`length` uint8 images [3, H, W] with labels; those there are come round and round."""

    def __init__(self, images: Tensor, length: int, transform: Any = None) -> None:
        self.images, self.length, self.transform = images, length, transform

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = self.images[index % len(self.images)]
        return (image if self.transform is None else self.transform(image)), index


class Transformed(Dataset[Any]):
    """Samples whose image goes through a transform, as a user of torchvision's writes it."""

    def __init__(self, data: Any, transform: Any) -> None:
        self.data, self.transform = data, transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Tensor, Any]:
        image, label = self.data[index]
        return self.transform(image), label


class Files(Pictures):
    """The same from JPEG files in memory, decoded by Pillow; channels innermost, as decoded."""

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        from PIL import Image

        with Image.open(io.BytesIO(self.images[index % len(self.images)])) as file:
            pixels = np.array(file.convert("RGB"))
        image = torch.from_numpy(pixels).permute(2, 0, 1)
        return (image if self.transform is None else self.transform(image)), index


@cache
def jpegs(count: int) -> list[bytes]:
    """Smooth random pictures, 500x375 and 256x256 in turn, as a camera's are smooth."""
    from PIL import Image

    found = []
    for n, key in enumerate(seedaug.keys(seed=4, index=range(count))):
        width, height = ((500, 375), (256, 256))[n % 2]
        coarse = F.uniform(key, (1, 3, height // 16, width // 16))
        fine = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")[0]
        noisy = fine * 255 + 4 * F.normal(key, (3, height, width))
        pixels = noisy.clamp(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=90)
        found.append(file.getvalue())
    return found


@dataclass(frozen=True)
class Course:
    """One epoch's work: what is loaded, how much of it, and in which batches."""

    work: Work
    length: int
    batch: int
    workers: int = WORKERS
    files: bool = False
    own: bool = False  # a dataset class of the user's own, no TensorDataset

    def dataset(self, transform: Any = None) -> Dataset[Any]:
        """Its images, before or after a transform."""
        if self.files:
            return Files(jpegs(64), self.length, transform)
        images = self.work.images(min(self.length, 256))
        if self.own:
            return Pictures(images, self.length, transform)
        every = torch.arange(self.length)
        tensors = TensorDataset(images[every % len(images)], every)
        return tensors if transform is None else Transformed(tensors, transform)

    @property
    def options(self) -> dict[str, Any]:
        """What both loaders are given."""
        return {
            "batch_size": self.batch,
            "num_workers": self.workers,
            "persistent_workers": self.workers > 0,
            "shuffle": True,
            "drop_last": True,
        }

    def ours(self) -> Any:
        """seedaug's loader."""
        augment = self.work.compose()
        seeded = seedaug.SeededDataset(self.dataset(), seed=0, transform=augment)
        return seedaug.DataLoader(seeded, **self.options)

    def stock(self) -> Any:
        """torch's loader with torchvision; None if that isn't installed."""
        pipeline = peers.torchvision_pipeline(self.work)
        if pipeline is None:
            return None
        return torch.utils.data.DataLoader(self.dataset(pipeline), **self.options)

    def epoch(self, loader: Any) -> Callable[[], Any]:
        """A call that runs one epoch; its last batch is the result."""

        def call() -> Any:
            last = None
            for batch in loader:
                last = batch
            return last

        return call

    def check(self, batch: Any, keyed: bool) -> None:
        """The last batch of the first epoch: its size, and every image from its own source."""
        images, labels = batch
        assert len(labels) == self.batch, f"a batch of {len(labels)}"
        source = self.dataset()
        several = [0, self.batch // 2, self.batch - 1]
        chosen, before = images[several], [source[int(labels[n])][0] for n in several]
        if keyed:
            self.work.check_ours(
                chosen, before, [seedaug.Key(index=int(labels[n])) for n in several]
            )
        else:
            self.work.check_peer(chosen, before)

    def contenders(self) -> Iterator[Contender]:
        """seedaug's and torch's."""
        yield Contender("seedaug", self.epoch(self.ours()), lambda x: self.check(x, True))
        stock = self.stock()
        if stock is None:
            yield Contender(STOCK)
        else:
            yield Contender(STOCK, self.epoch(stock), lambda x: self.check(x, False))


COURSES = {
    Course(Work(32, 32, padding=4), 25_600, 512): 8.0,
    Course(Work(32, 32, padding=4), 25_600, 512, own=True): None,
    Course(Work(256, 224), 1_280, 64): 3.5,
    Course(Work(256, 224, noise=True), 1_280, 64): 5.0,
    Course(Work(256, 224, hwc=True), 256, 64, files=True): None,
}
IN_MEMORY = Course(Work(32, 32, padding=4), 50_000, 500, workers=0)
IN_MEMORY_SECONDS = 0.5
PEAK = Course(Work(256, 224), 1_280, 64)
PEAK_LIMIT = 1.1  # times the stock loader's


def title(course: Course) -> str:
    """For people."""
    work = course.work.title
    if course.own:
        work += ", a dataset class of one's own"
    if course.files:
        work = work.replace("256 HWC", "JPEG, 500x375 and 256x256")
    return f"DataLoader, {course.workers} workers, batch of {course.batch}, {work}"


def rows(large: bool) -> Iterator[Row]:
    """With workers; then by one core alone, beside torch's loader only if `large`: seconds each."""
    for course, ratio in COURSES.items():
        yield Row(
            name=f"loader/{'jpeg' if course.files else course.work.name}{'-own' * course.own}",
            title=title(course),
            per="image",
            items=course.length // course.batch * course.batch,
            contenders=list(course.contenders()),
            targets=[Target("seedaug", (STOCK,), ratio)] if ratio else (),
            note="whole epochs, workers kept",
            wall=True,
        )
    yield Row(
        name="loader/in-memory",
        title=f"Epoch of {IN_MEMORY.length}: {title(IN_MEMORY)}",
        per="epoch",
        items=1,
        contenders=list(IN_MEMORY.contenders())[: None if large else 1],
        targets=[Within("seedaug", IN_MEMORY_SECONDS, SECONDS)],
        note="in the process itself, one thread",
        wall=True,
    )


def epochs(row: Row, seconds: float) -> dict[str, Any]:
    """Check, then time epochs in turn for about `seconds`; the row's part of the JSON."""
    present = check_all(row)  # the first epoch of each starts its workers
    timings = {contender.name: Timing() for contender in present}
    spent = 0.0
    while spent < seconds or len(timings[present[0].name].rounds) < LEAST_TURNS:
        for contender in present:
            prepare(contender)
            assert contender.call is not None
            once = wall_seconds(contender.call, 1)
            timings[contender.name].rounds.append(once / row.items)
            spent += once
    return summarised(row, {name: timing.summary() for name, timing in timings.items()})


def two_epochs(course: Course, stock: bool) -> None:
    """What is run in a process of its own to see how much memory it takes."""
    multiprocessing.set_start_method("fork", force=True)  # of the workers: Linux's own way
    call = course.epoch(course.stock() if stock else course.ours())
    call()
    call()


def memory(course: Course) -> dict[str, Any]:
    """The peak of each loader's processes, started afresh."""
    present = {"seedaug": False, STOCK: True}
    if course.stock() is None:
        del present[STOCK]
    sizes = {name: peak(two_epochs, (course, stock)) for name, stock in present.items()}
    row = Row(
        name=f"memory/{course.work.name}",
        title=f"Peak memory: {title(course)}",
        per="loader",
        items=1,
        contenders=[Contender("seedaug"), Contender(STOCK)],
        targets=[Within("seedaug", PEAK_LIMIT, STOCK)],
        note="proportional set sizes of all its processes, summed; both have seedaug imported",
        wall=True,
    )
    return summarised(row, {name: Timing([size]).summary() for name, size in sizes.items()})


def measured(seconds: float, only: str = "", large: bool = True) -> Iterator[dict[str, Any]]:
    """Every row, measured.

    Args:
        seconds: for each row, about.
        only: rows whose name contains this.
        large: as for `rows`.
    """
    for row in rows(large):
        if only in row.name:
            yield epochs(row, seconds)
    if only in f"memory/{PEAK.work.name}" and Path("/proc/self/smaps_rollup").is_file():
        yield memory(PEAK)
