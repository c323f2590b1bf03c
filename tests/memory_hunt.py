"""A hunt for memory that is used again too early: batches are held, and their pixels compared.

Run by itself for each way and loader, for what is wrong here ends the process:

    python tests/memory_hunt.py ours 2 300 file_descriptor as_numpy shared
"""

import collections
import gc
import json
import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from memory_ways import WAYS, Place
from torch.utils.data import TensorDataset

import seedaug

COUNT, BATCH, SIZE = 96, 8, 64  # a batch is 393 KB: above what both pools begin with


def make_loader(whose, workers, **options):
    """A loader of images that differ in every pixel: `whose` is "ours" or "torch"."""
    pixels = torch.arange(COUNT * 3 * SIZE * SIZE, dtype=torch.int64)
    images = (pixels * 2654435761 % 4294967291 % 251).to(torch.uint8).view(COUNT, 3, SIZE, SIZE)
    labels = torch.arange(COUNT)
    if workers:
        options = {"persistent_workers": True, "multiprocessing_context": "fork"} | options
    if whose == "torch":
        data = TensorDataset(images.float() / 255, labels)
        return torch.utils.data.DataLoader(
            data, BATCH, shuffle=True, num_workers=workers, **options
        )
    flip = seedaug.Compose([seedaug.RandomHorizontalFlip()], dtype=torch.float32)
    dataset = seedaug.SeededDataset(TensorDataset(images, labels), 0, flip)
    return seedaug.DataLoader(dataset, BATCH, shuffle=True, num_workers=workers, **options)


def endless(loader):
    """Its batches, epoch after epoch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while True:
            yield from loader


def is_wrong(read, before):
    """Whether what is read differs from what was there; None is what is no longer there."""
    try:
        found = read()
    except AssertionError:
        return True
    return found is not None and not np.array_equal(np.asarray(found), before)


def open_now():
    """How many files this process has open, and maps."""
    with open("/proc/self/maps") as file:
        maps = sum("/torch_" in line for line in file)
    return len(os.listdir("/proc/self/fd")), maps


def hunt(batches, ways, count, place, depth=12):
    """Hold `count` batches in turn in these ways, `depth` at a time.

    Returns:
        How many were wrong, by way.
    """
    held, wrong = collections.deque(), collections.Counter()
    choose = random.Random(0)
    for number in range(count):
        images, _ = next(batches)
        name = ways[number % len(ways)]
        before = images.numpy().copy()
        held.append((name, WAYS[name](images, place), before))
        del images
        if len(held) >= depth:
            at = choose.randrange(len(held))
            name, read, before = held[at]
            del held[at]
            wrong[name] += is_wrong(read, before)
            read = None
    for name, read, before in held:
        wrong[name] += is_wrong(read, before)
    return wrong


def hunted(whose, workers, count, strategy, ways):
    """What a hunt in a process of its own found, as `main` prints it."""
    arguments = [whose, str(workers), str(count), strategy, *(way.__name__ for way in ways)]
    return json.loads(run([__file__, *arguments])[0].splitlines()[-1])


def run(arguments):
    """Run Python in a process of its own, which must end well; what it wrote to its two outputs."""
    own = [str(Path(__file__).parent), str(Path(seedaug.__file__).parents[1])]
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*own, *sys.path])},
    )
    try:
        out, errors = process.communicate(timeout=600)
    finally:
        process.kill()
    assert process.returncode == 0, errors[-2000:]
    left = [name for name in os.listdir("/dev/shm") if f"torch_{process.pid}_" in name]
    assert not left, "files that nothing will remove"
    return out, errors


def main(whose, workers, count, strategy, *ways):
    """One hunt; prints what it found as JSON."""
    torch.set_num_threads(1)
    torch.multiprocessing.set_sharing_strategy(strategy)
    batches, place = endless(make_loader(whose, int(workers))), Place()
    ways = ways or [*WAYS]
    hunt(batches, ways, 2 * len(ways), place, depth=1)  # starts what is started once
    gc.collect()
    before = open_now()
    wrong = hunt(batches, ways, int(count), place)
    gc.collect()
    after = open_now()
    batches.close()
    place.close()
    print(
        json.dumps({
            "wrong": {name: n for name, n in wrong.items() if n},
            "files": after[0] - before[0],
            "maps": after[1] - before[1],
        })
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
