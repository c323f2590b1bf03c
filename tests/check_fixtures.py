"""Datasets with known verdicts for the tests of `seedaug.check`, importable by worker processes."""

import ctypes
import ctypes.util
import functools
import os
import random
import signal
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

import seedaug

COUNT = 48
MODULE_RNG = np.random.default_rng(5)


class Rows(Dataset):
    """Sample i is four numbers made from i; subclasses add what they draw."""

    def __init__(self, count=COUNT):
        self.count = count

    def __len__(self):
        return self.count

    def draw(self, index):
        return np.zeros(4)

    def __getitem__(self, index):
        return index + self.draw(index), index


class HeldGenerator(Rows):
    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(0)

    def draw(self, index):
        return self.rng.normal(size=4)


class HeldRandomState(HeldGenerator):
    def __init__(self):
        super().__init__()
        self.rng = np.random.RandomState(0)


class HeldBits(HeldGenerator):
    """One bit generator under two generators."""

    def __init__(self):
        super().__init__()
        self.bits = np.random.PCG64(0)
        self.rng = np.random.Generator(self.bits)


class HeldRandom(Rows):
    def __init__(self):
        super().__init__()
        self.random = random.Random(3)

    def draw(self, index):
        return np.array([self.random.random() for _ in range(4)])


class HeldTorch(Rows):
    def __init__(self):
        super().__init__()
        self.generator = torch.Generator().manual_seed(1)

    def draw(self, index):
        return torch.rand(4, generator=self.generator).numpy()


class Jitter:
    """A transform that holds its generator."""

    def __init__(self):
        self.rng = np.random.default_rng()

    def __call__(self, row):
        return row + self.rng.uniform(size=4)


class Transformed(Rows):
    def __init__(self, transform):
        super().__init__()
        self.transform = transform

    def __getitem__(self, index):
        return self.transform(np.full(4, float(index))), index


class Chain:
    def __init__(self, *transforms):
        self.transforms = transforms

    def __call__(self, row):
        for transform in self.transforms:
            row = transform(row)
        return row


class ModuleGlobal(Rows):
    def draw(self, index):
        return MODULE_RNG.normal(size=4)


class Flip(HeldGenerator):
    """One bit of randomness, from a held generator, and only now and then."""

    def draw(self, index):
        return np.full(4, float(self.rng.random() < 0.5) if index % 2 else 0.0)


class Sometimes(HeldGenerator):
    """Draws from the held generator a number of times that a healthy one decides."""

    def draw(self, index):
        return sum((self.rng.normal(size=4) for _ in range(np.random.randint(3))), np.zeros(4))


class GlobalNumpy(Rows):
    def draw(self, index):
        return np.random.normal(size=4)


class AllGlobals(Rows):
    def draw(self, index):
        return np.random.rand() + np.array([random.random(), float(torch.rand(())), 0, 0])


class GlobalFlip(Rows):
    """Healthy, though draws of so few bits are often equal."""

    def draw(self, index):
        return np.full(4, float(np.random.rand() < 0.5))


class FewSeeds(Rows):
    """Healthy: seeds of its own from few values, which are sometimes equal by chance."""

    def draw(self, index):
        return np.random.RandomState(np.random.randint(50)).normal(size=4)


class SeedFromIndex(Rows):
    def draw(self, index):
        return np.random.RandomState(index).normal(size=4)


class GlobalSeedFromIndex(Rows):
    def draw(self, index):
        np.random.seed(index)
        return np.random.normal(size=4)


class ConstantSeed(Rows):
    def draw(self, index):
        return np.random.default_rng(7).normal(size=4)


class GlobalConstantSeed(Rows):
    def draw(self, index):
        torch.manual_seed(0)
        return torch.rand(4).numpy()


class Entropy(Rows):
    """Healthy but never the same again."""

    def draw(self, index):
        return np.random.default_rng().normal(size=4)


class HeldReseeded(HeldRandomState):
    """Holds a generator, and seeds it from the operating system for each sample."""

    def draw(self, index):
        self.rng.seed()
        return self.rng.normal(size=4)


class Keyed(Rows):
    """Keyed by hand, with an epoch in shared memory."""

    def __init__(self):
        super().__init__()
        self.clock = torch.zeros(1, dtype=torch.int64).share_memory_()

    @property
    def epoch(self):
        return int(self.clock.numpy()[0])

    def set_epoch(self, epoch):
        self.clock.numpy()[0] = epoch

    def draw(self, index):
        return np.random.default_rng((index, self.epoch)).normal(size=4)


class KeyedGlobally(Keyed):
    def draw(self, index):
        np.random.seed(1000 * self.epoch + index)
        return np.random.normal(size=4)


class KeyedInPlace(Keyed):
    """Sets the state of the generator it holds."""

    def __init__(self):
        super().__init__()
        self.rng = np.random.Generator(np.random.PCG64(0))

    def draw(self, index):
        self.rng.bit_generator.state = np.random.PCG64((index, self.epoch)).state
        return self.rng.normal(size=4)


class EpochOfItsOwn(Keyed):
    """Its epoch is a plain attribute, which live workers don't see change."""

    def __init__(self):
        super().__init__()
        self.now = 0

    @property
    def epoch(self):
        return self.now

    def set_epoch(self, epoch):
        self.now = epoch


class SeedsOnce(Rows):
    """Seeds the global generator by the worker's number, at its first sample."""

    seeded = False

    def draw(self, index):
        if not self.seeded and (info := get_worker_info()):
            np.random.seed(info.id)
            self.seeded = True
        return np.random.normal(size=4)


class SharedCount(Rows):
    """Seeds from a count that all workers advance, in whatever order they come to it."""

    def __init__(self):
        super().__init__()
        self.made = torch.multiprocessing.get_context("fork").Value("q", 0)

    def draw(self, index):
        with self.made.get_lock():
            self.made.value += 1
            return np.random.default_rng(self.made.value).normal(size=4)


class Library(Rows):
    """Draws from a generator inside a C library, which no Python code can reach."""

    C = ctypes.CDLL(ctypes.util.find_library("c"))

    def draw(self, index):
        return np.array([self.C.rand() for _ in range(4)], dtype=float)


class LibraryFlip(Library):
    def draw(self, index):
        return np.full(4, float(self.C.rand() >> 8 & 1))


def seed_library(worker):
    Library.C.srand(torch.initial_seed() % 2**31)


class Dicts(HeldGenerator):
    def __getitem__(self, index):
        return {"image": np.full(4, float(index)) + self.draw(index), "label": index}


@dataclass
class Item:
    pixels: object
    name: str
    weight: float = float("nan")


class Pictures(HeldGenerator):
    """A PIL image in a dataclass, with a NaN and a string beside it."""

    def __getitem__(self, index):
        from PIL import Image

        pixels = self.rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        return Item(Image.fromarray(pixels), f"photo {index}")


def listed(batch):
    return batch


class Mixing:
    """A collate function that holds a generator, and wants two samples or more."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, batch):
        first, second = batch[0][0], batch[1][0]
        share = self.rng.random()
        return share * first + (1 - share) * second


def never(batch):
    raise ValueError("wants 64 samples")


# worker_init_fns


def init_constant(worker):
    np.random.seed(0)


def init_worker(worker):
    np.random.seed(worker)


def init_state_word(worker):
    np.random.seed(np.random.get_state()[1][0] + worker)


def init_initial_seed(worker):
    np.random.seed(torch.initial_seed() % 2**32)


def init_held(worker):
    info = get_worker_info()
    info.dataset.rng = np.random.default_rng(info.seed)


# Streams


class Stream(IterableDataset):
    """0 … count - 1, dealt out to workers or not, with something drawn for each."""

    def __init__(self, split=True, draw=None, count=60):
        self.split = split
        self.draw = draw
        self.count = count
        self.rng = np.random.default_rng(0)

    def __iter__(self):
        info = get_worker_info()
        start, step = (info.id, info.num_workers) if self.split and info else (0, 1)
        for number in range(start, self.count, step):
            yield number, self.noise()

    def noise(self):
        if self.draw == "held":
            return self.rng.normal()
        return np.random.normal() if self.draw == "global" else 0.0


class ShuffledByEpoch(Stream):
    """All workers shuffle alike, by epoch, and then take their share: as it should be."""

    epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        info = get_worker_info()
        order = [*range(self.count)]
        random.Random(self.epoch).shuffle(order)
        for number in order[info.id :: info.num_workers] if info else order:
            yield number, self.noise()


class ShuffledByHeld(Stream):
    """Shuffles with a generator it holds, which is the same in every epoch."""

    def __iter__(self):
        info = get_worker_info()
        order = self.rng.permutation(self.count)
        yield from order[info.id :: info.num_workers] if info else order


class Endless(Stream):
    def __iter__(self):
        while True:
            yield np.random.normal()


# Broken ones


class Breaks(Rows):
    """Something happens at sample 5, in whatever process."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    def draw(self, index):
        if index == 5:
            {
                "raises": self.raises,
                "exits": lambda: os._exit(3),
                "segfaults": lambda: os.kill(os.getpid(), signal.SIGSEGV),
                "hangs": lambda: time.sleep(1000),
                "ignores": self.ignores,
            }[self.how]()
        return np.zeros(4)

    def raises(self):
        raise OSError("photo_5.jpg is truncated")

    def ignores(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1000)


def init_raises(worker):
    raise RuntimeError("no such device")


class OnlyInWorkers(Rows):
    """Can't be loaded in the main process."""

    def draw(self, index):
        return np.random.rand(4) + get_worker_info().id * 0


class Slow(HeldGenerator):
    def draw(self, index):
        time.sleep(0.1)
        return super().draw(index)


class Checking(Rows):
    """Calls check_loader where samples are made."""

    def draw(self, index):
        seedaug.check_loader(loader(Rows()))


class BrokenSampler:
    def __iter__(self):
        raise RuntimeError("no weights")

    def __len__(self):
        return 4


def loader(dataset, **options):
    """A loader with two workers and batches of four, if nothing else is said."""
    options = {"batch_size": 4, "num_workers": 2, **options}
    return DataLoader(dataset, **options)


def jitter_of_seedaug(row):
    return row + seedaug.rng().normal(size=4)


def seeded(count=COUNT, **options):
    return seedaug.SeededDataset(
        [(np.full(4, float(i)), i) for i in range(count)], 0, jitter_of_seedaug, **options
    )


def closure():
    rng = np.random.default_rng(1)
    return lambda row: row + rng.normal(size=4)


def with_default(row, rng=np.random.RandomState(4)):  # noqa: B008
    return row + rng.normal(size=4)


def with_argument(rng, row):
    return row + rng.normal(size=4)


def partial():
    return functools.partial(with_argument, np.random.default_rng(2))


def make_healthy():
    return seedaug.DataLoader(seeded(), batch_size=4, shuffle=True, num_workers=2)


def make_broken():
    return loader(HeldGenerator())


def make_crashing():
    return loader(Breaks("raises"))


held = make_broken()
NOT_A_LOADER = 3


class Leaves(Dataset):
    """Its workers go into a process group of their own, or leave a process behind."""

    def __init__(self, how):
        self.how = how

    def __len__(self):
        return 16

    def __getitem__(self, index):
        if self.how == "group" and os.getpgid(0) != os.getpid():
            os.setpgid(0, 0)
        if index == 5 and (self.how == "group" or os.fork() == 0):
            if self.how == "session":
                os.setsid()
            time.sleep(60)
            os._exit(0)
        return np.random.rand(2)
