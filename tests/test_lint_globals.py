"""SDA102-105 and 111: draws from global generators, by aliases, threads, numba and libraries."""

import pytest
from lint_fixtures import files, findings, marked, report

from seedaug.lint.findings import Severity

__all__ = ["findings", "report"]

ALIASES = {
    "np": ("import numpy as np", "np.random.normal()"),
    "numpy": ("import numpy", "numpy.random.normal()"),
    "module": ("from numpy import random as nprandom", "nprandom.normal()"),
    "module-renamed": ("import numpy.random as npr", "npr.normal()"),
    "function": ("from numpy.random import normal", "normal()"),
    "function-renamed": ("from numpy.random import rand as r", "r(3)"),
    "star": ("from numpy.random import *", "standard_normal()"),
    "assigned-module": ("draw = np.random", "draw.normal()"),
    "assigned-function": ("draw = np.random.normal", "draw()"),
    "mtrand": ("from numpy.random import mtrand", "mtrand.normal()"),
    "try-import": (
        "try:\n    import numpy as xp\nexcept ImportError:\n    xp = None",
        "xp.random.normal()",
    ),
    "partial": ("from functools import partial\ndraw = partial(np.random.normal, 0, 1)", "draw()"),
    "scipy-rvs": ("from scipy.stats import norm", "norm.rvs(0, 1)"),
    "scipy-rvs-by-module": ("from scipy import stats", "stats.truncnorm.rvs(0, 1)"),
    "sklearn-shuffle": ("from sklearn.utils import shuffle", "shuffle(self.images)"),
}


@pytest.mark.parametrize(("line", "draw"), ALIASES.values(), ids=ALIASES)
def test_numpy_by_any_name(findings, line, draw):
    texts = files(f"""\
{line}

class Photos(Dataset):
    def __getitem__(self, index):
        return {draw}  #! SDA102
""")
    assert findings(texts) == marked(texts)


FUNCTIONS = """rand randn randint random random_sample choice shuffle permutation uniform normal
beta binomial poisson exponential gamma laplace multivariate_normal dirichlet triangular"""


@pytest.mark.parametrize("function", FUNCTIONS.split())
def test_whatever_is_drawn_from_numpy(findings, function):
    texts = files(f"""\
class Photos(Dataset):
    def __getitem__(self, index):
        return np.random.{function}(self.sizes)  #! SDA102
""")
    assert findings(texts) == marked(texts)


GLOBAL = {
    "alias-in-attribute": """
class Photos(Dataset):
    def __init__(self):
        self.rng = np.random

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA102
""",
    "alias-in-class-body": """
class Photos(Dataset):
    rng = np.random

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA102
""",
    "check_random_state-None": """
from sklearn.utils import check_random_state

class Photos(Dataset):
    def __init__(self):
        self.rng = check_random_state(None)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA102
""",
    "random_state-argument": """
from scipy.stats import norm

class Photos(Dataset):
    def __getitem__(self, index):
        return norm.rvs(random_state=np.random)  #! SDA102
""",
    "default-argument": """
def jitter(image, normal=np.random.normal):
    return image + normal()  #! SDA102

class Photos(Dataset):
    def __getitem__(self, index):
        return jitter(self.images[index])
""",
    "callback": """
def apply(function, *arguments):
    return function(*arguments)  #! SDA102

class Photos(Dataset):
    def __getitem__(self, index):
        return apply(np.random.normal, 0, 1)
""",
    "in-helper": """
def jitter(image):
    return image + np.random.normal()  #! SDA102

class Photos(Dataset):
    def __getitem__(self, index):
        return jitter(self.images[index])
""",
    "static-method": """
class Photos(Dataset):
    @staticmethod
    def jitter(image):
        return image + np.random.normal()  #! SDA102

    def __getitem__(self, index):
        return self.jitter(self.images[index])
""",
    "class-method": """
class Photos(Dataset):
    @classmethod
    def jitter(cls, image):
        return image + np.random.normal()  #! SDA102

    def __getitem__(self, index):
        return self.jitter(self.images[index])
""",
    "super-method": """
class Base(Dataset):
    def __getitem__(self, index):
        return np.random.normal()  #! SDA102

class Photos(Base):
    def __getitem__(self, index):
        return super().__getitem__(index)
""",
    "comprehension": """
class Photos(Dataset):
    def __getitem__(self, index):
        return [np.random.normal() for _ in range(3) if np.random.rand() > 0]  #! SDA102 SDA102
""",
    "inner-function": """
class Photos(Dataset):
    def __getitem__(self, index):
        def noise():
            return np.random.normal()  #! SDA102
        return noise()
""",
    "mapped": """
class Photos(Dataset):
    def noise(self, image):
        return image + np.random.normal()  #! SDA102

    def __getitem__(self, index):
        return list(map(self.noise, self.images[index]))
""",
    "table-of-functions": """
def flip(image):
    return np.random.rand() < 0.5  #! SDA102

def crop(image):
    return np.random.randint(9)  #! SDA102

TABLE = {"flip": flip, "crop": crop}

class Photos(Dataset):
    def __getitem__(self, index):
        return [TABLE[name](index) for name in self.names]
""",
    "constructed-in-sample": """
class Box:
    def __init__(self):
        self.size = np.random.normal()  #! SDA102

class Photos(Dataset):
    def __getitem__(self, index):
        return Box()
""",
    "property": """
class Photos(Dataset):
    @property
    def noise(self):
        return np.random.normal()  #! SDA102

    def __getitem__(self, index):
        return self.noise
""",
    "decorated": """
import functools

def logged(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner

@logged
def jitter(image):
    return image + np.random.normal()  #! SDA102

class Photos(Dataset):
    def __getitem__(self, index):
        return jitter(self.images[index])
""",
    "under-condition": """
class Photos(Dataset):
    def __getitem__(self, index):
        if self.train and np.random.rand() < 0.5:  #! SDA102
            return 1
        return 0
""",
    "iterable": """
class Stream(IterableDataset):
    def __iter__(self):
        for line in self.lines:
            yield line + np.random.normal()  #! SDA102
""",
    "async": """
class Photos(Dataset):
    async def load(self, index):
        return np.random.normal()  #! SDA102

    def __getitem__(self, index):
        return asyncio.run(self.load(index))
""",
}


@pytest.mark.parametrize("text", GLOBAL.values(), ids=GLOBAL)
def test_global_numpy(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)


HARMLESS = {
    "other-module-of-the-name": """
from mylib import xp

class Photos(Dataset):
    def __getitem__(self, index):
        return xp.random.normal()
""",
    "not-a-draw": """
class Photos(Dataset):
    def __getitem__(self, index):
        state = np.random.get_state()
        return isinstance(self.x, np.random.RandomState), state
""",
    "constructor": """
class Photos(Dataset):
    def __init__(self):
        self.order = np.random.permutation(9)

    def __getitem__(self, index):
        return self.order[index]
""",
    "method-for-the-main-process": """
class Photos(Dataset):
    def shuffle(self):
        np.random.shuffle(self.order)

    def __getitem__(self, index):
        return self.order[index]
""",
    "rvs-with-seeded-state": """
from scipy.stats import norm

class Photos(Dataset):
    def __getitem__(self, index):
        return norm.rvs(random_state=np.random.default_rng((self.epoch, index)))
""",
    "training-loop": """
def train(loader):
    for batch in loader:
        batch += np.random.normal()
""",
    "model": """
class Net(torch.nn.Module):
    def forward(self, x):
        return x + np.random.normal()
""",
    "sampler": """
from torch.utils.data import Sampler

class Shuffled(Sampler):
    def __iter__(self):
        return iter(np.random.permutation(9))
""",
    "module-body": """
noise = np.random.normal()
""",
    "loss": """
class RandomLoss:
    def __call__(self, output):
        return output + np.random.normal()
""",
    "environment": """
class Environment:
    def __getitem__(self, index):
        return np.random.normal()
""",
    "seeded-in-the-sample": """
class Photos(Dataset):
    def __getitem__(self, index):
        np.random.seed(self.epoch * 1000 + index)
        return np.random.normal()
""",
    "function-of-nobody": """
def noise():
    return np.random.normal()
""",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_harmless(findings, text):
    assert findings(files(text)) == []


@pytest.mark.parametrize(
    ("torch", "severity"),
    [("1.8", Severity.ERROR), ("1.9", Severity.WARNING), ("1.9+", Severity.WARNING)],
)
def test_old_torch_makes_it_an_error(report, torch, severity):
    texts = files(GLOBAL["iterable"])
    (one,) = report(texts, torch=torch).findings
    assert (one.code, one.severity) == ("SDA102", severity)


THREADS = {
    "pool-map": """
from concurrent.futures import ThreadPoolExecutor

class Photos(Dataset):
    def noise(self, image):
        return image + np.random.normal()  #! SDA103

    def __getitem__(self, index):
        with ThreadPoolExecutor() as pool:
            return list(pool.map(self.noise, self.images[index]))
""",
    "pool-submit-lambda": """
import concurrent.futures

class Photos(Dataset):
    def __getitem__(self, index):
        pool = concurrent.futures.ThreadPoolExecutor()
        return pool.submit(lambda: np.random.normal()).result()  #! SDA103
""",
    "pool-held": """
from concurrent.futures import ThreadPoolExecutor

def noise(image):
    return image + np.random.normal()  #! SDA103

class Photos(Dataset):
    def __init__(self):
        self.pool = ThreadPoolExecutor(4)

    def __getitem__(self, index):
        return list(self.pool.map(noise, self.images[index]))
""",
    "Thread": """
import threading

class Photos(Dataset):
    def noise(self):
        self.found = np.random.normal()  #! SDA103

    def __getitem__(self, index):
        thread = threading.Thread(target=self.noise)
        thread.start()
        thread.join()
        return self.found
""",
    "ThreadPool": """
from multiprocessing.pool import ThreadPool

def noise(image):
    return image + np.random.normal()  #! SDA103

def collate(batch):
    return ThreadPool(4).map(noise, batch)

loader = DataLoader([], collate_fn=collate)
""",
    "what-the-thread-calls": """
from multiprocessing.dummy import Pool

def inner():
    return np.random.normal()  #! SDA103

def outer(image):
    return image + inner()

class Photos(Dataset):
    def __getitem__(self, index):
        return Pool(2).map(outer, self.images[index])
""",
    "processes-are-not-threads": """
from concurrent.futures import ProcessPoolExecutor

def noise(image):
    return image + np.random.normal()  #! SDA102

class Photos(Dataset):
    def __getitem__(self, index):
        return list(ProcessPoolExecutor().map(noise, self.images[index]))
""",
    "threads-of-the-main-process": """
from concurrent.futures import ThreadPoolExecutor

def noise(image):
    return image + np.random.normal()

def prepare(images):
    return list(ThreadPoolExecutor().map(noise, images))
""",
    "generator-of-the-task": """
from concurrent.futures import ThreadPoolExecutor

def noise(image):
    return image + np.random.default_rng().normal()

class Photos(Dataset):
    def __getitem__(self, index):
        return list(ThreadPoolExecutor().map(noise, self.images[index]))
""",
}


@pytest.mark.parametrize("text", THREADS.values(), ids=THREADS)
def test_threads(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)


HELD_IN_THREADS = """
from concurrent.futures import ThreadPoolExecutor

class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def noise(self, image):
        return image + self.rng.normal()  #! SDA101

    def __getitem__(self, index):
        return list(ThreadPoolExecutor().map(self.noise, self.images[index]))
"""


def test_a_held_generator_in_threads_is_told_of_once(findings):
    texts = files(HELD_IN_THREADS)
    assert findings(texts) == marked(texts)


DECORATORS = {
    "njit": ("from numba import njit", "@njit"),
    "njit-called": ("from numba import njit", "@njit(cache=True)"),
    "jit": ("import numba", "@numba.jit(nopython=True)"),
    "renamed": ("import numba as nb", "@nb.njit"),
    "vectorize": ("import numba", "@numba.vectorize"),
}


@pytest.mark.parametrize(("line", "decorator"), DECORATORS.values(), ids=DECORATORS)
@pytest.mark.parametrize("draw", ["np.random.normal()", "random.random()"])
def test_numba(findings, line, decorator, draw):
    texts = files(f"""\
{line}

{decorator}
def jitter(points):
    return points + {draw}  #! SDA104

class Clouds(Dataset):
    def __getitem__(self, index):
        return jitter(self.clouds[index])
""")
    assert findings(texts) == marked(texts)


NUMBA_TWINS = {
    "another-decorator": ("from mylib import njit", "np.random.normal()", "SDA102"),
    "draws-from-argument": ("from numba import njit", "source.normal()", ""),
}


@pytest.mark.parametrize(("line", "draw", "code"), NUMBA_TWINS.values(), ids=NUMBA_TWINS)
def test_not_numbas_generator(findings, line, draw, code):
    texts = files(f"""\
{line}

@njit
def jitter(points, source):
    return points + {draw}  #! {code}

class Clouds(Dataset):
    def __getitem__(self, index):
        return jitter(self.clouds[index], np.random.default_rng((self.epoch, index)))
""")
    assert findings(texts) == marked(texts)


def test_numba_in_the_main_process(findings):
    text = """\
from numba import njit

@njit
def simulate(points):
    return points + np.random.normal()

def main():
    simulate([])
"""
    assert findings(files(text)) == []


LIBRARIES = {
    "cv2-randn": ("import cv2", "cv2.randn(image, 0, 10)"),
    "cv2-randu": ("import cv2", "cv2.randu(image, 0, 10)"),
    "cv2-randShuffle": ("import cv2 as cv", "cv.randShuffle(image)"),
    "cv2-from": ("from cv2 import randn", "randn(image, 0, 10)"),
    "imgaug-held": ("import imgaug.augmenters as iaa\naug = iaa.Fliplr(0.5)", "aug(image=image)"),
    "imgaug-method": (
        "from imgaug import augmenters as iaa\naug = iaa.Sequential([iaa.Fliplr(0.5)])",
        "aug.augment_image(image)",
    ),
}


@pytest.mark.parametrize(("line", "draw"), LIBRARIES.values(), ids=LIBRARIES)
def test_generators_of_libraries(findings, line, draw):
    texts = files(f"""\
{line}

class Photos(Dataset):
    def __getitem__(self, index):
        image = self.images[index]
        return {draw}  #! SDA105
""")
    assert findings(texts) == marked(texts)


LIBRARY_TWINS = {
    "cv2-in-main": """
import cv2

def main(image):
    cv2.randn(image, 0, 1)
""",
    "cv2-other-function": """
import cv2

class Photos(Dataset):
    def __getitem__(self, index):
        return cv2.resize(self.images[index], (3, 3))
""",
    "imgaug-built-in-sample": """
import imgaug.augmenters as iaa

class Photos(Dataset):
    def __getitem__(self, index):
        return iaa.Resize(3)
""",
    "albumentations-pipeline": """
import albumentations as A

class Photos(Dataset):
    def __init__(self):
        self.aug = A.Compose([A.HorizontalFlip()])

    def __getitem__(self, index):
        return self.aug(image=self.images[index])
""",
}


@pytest.mark.parametrize("text", LIBRARY_TWINS.values(), ids=LIBRARY_TWINS)
def test_libraries_that_do_no_harm(findings, text):
    assert findings(files(text)) == []


PLAIN = {
    "random": "random.random()",
    "random-choice": "random.choice(self.images)",
    "torch-rand": "torch.rand(3)",
    "torch-randint": "torch.randint(0, 9, (1,))",
    "torch-randn_like": "torch.randn_like(self.image)",
}


@pytest.mark.parametrize("draw", PLAIN.values(), ids=PLAIN)
def test_random_and_torch_only_on_demand(findings, draw):
    texts = files(f"""\
class Photos(Dataset):
    def __getitem__(self, index):
        return {draw}  #! SDA111
""")
    assert findings(texts) == []
    assert findings(texts, extend_select=("SDA111",)) == marked(texts)


def test_torch_with_a_generator_is_not_global(findings):
    texts = files("""\
class Photos(Dataset):
    def __getitem__(self, index):
        g = torch.Generator()
        g.manual_seed(self.epoch * 1000 + index)
        return torch.rand(3, generator=g)
""")
    assert findings(texts, select=("ALL",)) == []
