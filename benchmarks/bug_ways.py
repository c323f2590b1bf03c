"""The ways of drawing random numbers in a dataset that `benchmarks.the_bug` measures.

Each as found in the wild, cut down to the draw. Runs under torch and NumPy of any version, from
Python 3.8 on; what else a way needs (OpenCV, numba, imgaug) may be missing. Samples are Python
numbers: no torch operator but those of torch's own ways runs in a worker.
"""

import random

import numpy as np
import torch
from torch.utils.data import Dataset, get_worker_info

try:
    import cv2
except Exception:  # a library that is too old for this NumPy fails in any way
    cv2 = None
try:
    import numba
except Exception:
    numba = None
try:
    from imgaug import augmenters
    from imgaug import seed as seed_imgaug
except Exception:
    augmenters = None


class Samples(Dataset):
    """`count` samples, each the draw that one way makes for it.

    Args:
        name: of the way, in `WAYS`.
        seed: of the script, for those generators that are seeded by hand.
        count: samples in an epoch.
    """

    def __init__(self, name, seed, count):
        self.name, self.seed, self.count, self.epoch = name, seed, count, 0
        self.held = WAYS[name].hold(seed)

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return index, WAYS[self.name].draw(self, index)


class Init:
    """The worker_init_fn of one way; an object, for `spawn` to pickle."""

    def __init__(self, name, seed):
        self.name, self.seed = name, seed

    def __call__(self, worker_id):
        WAYS[self.name].init(self.seed, worker_id)


class Way:
    """One way.

    Args:
        code: the line that makes it what it is, as the docs show it.
        draw: called with the dataset and an index in the worker; gives a number.
        hold: called with the seed in the main process; gives what the dataset holds.
        init: called with the seed and the worker's number; the worker_init_fn, if there is one.
        needs: the package without which there is nothing to measure, and whether it is here.
    """

    def __init__(self, code, draw, hold=None, init=None, needs=None):
        self.code, self.draw, self.init, self.needs = code, draw, init, needs
        self.hold = hold or (lambda seed: None)


def seed_all(seed):
    """What a script does at its start, for every generator there is."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    if cv2 is not None:
        cv2.setRNGSeed(seed)
    if numba is not None:
        seed_numba(seed)
    if augmenters is not None:
        seed_imgaug(seed)


def draw_torch(generator=None):
    return int(torch.randint(0, 2**62, (1,), generator=generator))


def draw_cv2():
    picture = np.zeros((8, 8), np.float32)
    cv2.randn(picture, 0, 1)
    return float(np.float64(picture).sum())


def draw_imgaug(augmenter):
    noisy = augmenter.augment_image(np.full((8, 8), 128, np.uint8))
    return int.from_bytes(noisy.tobytes(), "big")


if numba is not None:

    @numba.njit
    def draw_numba():
        return np.random.random()

    @numba.njit
    def seed_numba(seed):
        np.random.seed(seed)


def draw_global(samples, index):
    return np.random.random()


def draw_held(samples, index):
    return samples.held.random()


def draw_seeded_by_index(samples, index):
    np.random.seed(samples.seed + index)
    return np.random.random()


def draw_seeded_by_epoch_and_index(samples, index):
    return np.random.default_rng((samples.seed, samples.epoch, index)).random()


def init_word_of_state(seed, worker_id):
    np.random.seed((int(np.random.get_state()[1][0]) + worker_id) % 2**32)


def init_new_generator(seed, worker_id):
    get_worker_info().dataset.held = np.random.default_rng(torch.initial_seed())


WAYS = {
    "held Generator": Way(
        "self.rng = np.random.default_rng(seed)",
        draw_held,
        lambda seed: np.random.default_rng(seed),
    ),
    "held Generator, no seed": Way(
        "self.rng = np.random.default_rng()", draw_held, lambda seed: np.random.default_rng()
    ),
    "held RandomState": Way(
        "self.rng = np.random.RandomState(seed)",
        lambda samples, index: samples.held.random_sample(),
        lambda seed: np.random.RandomState(seed),
    ),
    "held random.Random": Way(
        "self.rng = random.Random(seed)", draw_held, lambda seed: random.Random(seed)
    ),
    "held torch.Generator": Way(
        "self.g = torch.Generator().manual_seed(seed)",
        lambda samples, index: draw_torch(samples.held),
        lambda seed: torch.Generator().manual_seed(seed),
    ),
    "NumPy": Way("np.random.random()", draw_global),
    "random": Way("random.random()", lambda samples, index: random.random()),
    "torch": Way("torch.rand(1)", lambda samples, index: draw_torch()),
    "OpenCV": Way(
        "cv2.randn(noise, 0, 1)",
        lambda samples, index: draw_cv2(),
        needs=("opencv-python-headless", cv2 is not None),
    ),
    "imgaug": Way(
        "self.noise = iaa.AdditiveGaussianNoise(scale=40)",
        lambda samples, index: draw_imgaug(samples.held),
        lambda seed: augmenters.AdditiveGaussianNoise(scale=40),
        needs=("imgaug", augmenters is not None),
    ),
    "numba": Way(
        "np.random.random() under @numba.njit",
        lambda samples, index: draw_numba(),
        needs=("numba", numba is not None),
    ),
    "init: word of the state": Way(
        "np.random.seed(np.random.get_state()[1][0] + worker_id)",
        draw_global,
        init=init_word_of_state,
    ),
    "init: constant": Way(
        "np.random.seed(seed)", draw_global, init=lambda seed, worker_id: np.random.seed(seed)
    ),
    "init: worker": Way(
        "np.random.seed(worker_id)",
        draw_global,
        init=lambda seed, worker_id: np.random.seed(worker_id),
    ),
    "init: seed and worker": Way(
        "np.random.seed(seed + worker_id)",
        draw_global,
        init=lambda seed, worker_id: np.random.seed(seed + worker_id),
    ),
    "init: entropy": Way(
        "np.random.seed()", draw_global, init=lambda seed, worker_id: np.random.seed()
    ),
    "init: torch.initial_seed": Way(
        "np.random.seed(torch.initial_seed() % 2**32)",
        draw_global,
        init=lambda seed, worker_id: np.random.seed(torch.initial_seed() % 2**32),
    ),
    "init: new held generator": Way(
        "get_worker_info().dataset.rng = np.random.default_rng(torch.initial_seed())",
        draw_held,
        lambda seed: np.random.default_rng(seed),
        init=init_new_generator,
    ),
    "index": Way("np.random.seed(seed + index)", draw_seeded_by_index),
    "epoch and index": Way(
        "np.random.default_rng((seed, self.epoch, index))", draw_seeded_by_epoch_and_index
    ),
}
