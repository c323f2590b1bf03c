"""SDA101: every way in which a held generator gets into worker code, and the harmless twins."""

import pytest
from lint_fixtures import files, findings, marked, report

__all__ = ["findings", "report"]

MADE = {
    "default_rng": "np.random.default_rng(0)",
    "default_rng-without-seed": "np.random.default_rng()",
    "Generator": "np.random.Generator(np.random.PCG64(0))",
    "RandomState": "np.random.RandomState(0)",
    "RandomState-without-seed": "np.random.RandomState()",
    "Random": "random.Random(0)",
    "RandomState-by-its-module": "np.random.mtrand.RandomState(3)",
    "check_random_state": "check_random_state(0)",
    "spawned": "np.random.default_rng(0).spawn(1)[0]",
    "copied": "copy.deepcopy(np.random.default_rng(0))",
    "either": "np.random.default_rng(0) if seed else np.random.default_rng()",
    "or": "seed or np.random.default_rng(0)",
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_whatever_makes_it(findings, made):
    texts = files(f"""\
import copy
from sklearn.utils import check_random_state

class Photos(Dataset):
    def __init__(self, seed=None):
        self.rng = {made}

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""")
    assert findings(texts) == marked(texts)


METHODS = "normal uniform random choice shuffle permutation integers poisson beta"


@pytest.mark.parametrize("method", METHODS.split())
def test_whatever_is_drawn(findings, method):
    texts = files(f"""\
class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.{method}(self.images)  #! SDA101
""")
    assert findings(texts) == marked(texts)


# The names say how the generator gets from where it is made to where it is drawn from.
HELD = {
    "module-level": """
rng = np.random.default_rng(0)

class Photos(Dataset):
    def __getitem__(self, index):
        return rng.normal()  #! SDA101
""",
    "class-body": """
class Photos(Dataset):
    rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""",
    "class-body-by-name": """
class Photos(Dataset):
    rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return Photos.rng.normal()  #! SDA101
""",
    "dataclass-field": """
from dataclasses import dataclass, field

@dataclass
class Photos(Dataset):
    rng: np.random.Generator = field(default_factory=np.random.default_rng)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""",
    "post-init": """
from dataclasses import dataclass

@dataclass
class Photos(Dataset):
    seed: int = 0

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""",
    "default-argument": """
class Photos(Dataset):
    def __getitem__(self, index, rng=np.random.default_rng(0)):
        return rng.normal()  #! SDA101
""",
    "keyword-only-default": """
def jitter(image, *, rng=random.Random(0)):
    return image + rng.random()  #! SDA101

class Photos(Dataset):
    def __getitem__(self, index):
        return jitter(self.images[index])
""",
    "handed-to-constructor": """
class Photos(Dataset):
    def __init__(self, rng):
        self.rng = rng

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101

photos = Photos(np.random.default_rng(0))
""",
    "handed-by-keyword": """
class Photos(Dataset):
    def __init__(self, images, generator=None):
        self.source = generator

    def __getitem__(self, index):
        return self.source.normal()  #! SDA101

photos = Photos([], generator=np.random.default_rng(0))
""",
    "handed-through-super": """
class Base(Dataset):
    def __init__(self, source):
        self.source = source

class Photos(Base):
    def __init__(self):
        super().__init__(np.random.default_rng(0))

    def __getitem__(self, index):
        return self.source.normal()  #! SDA101
""",
    "datasets-made-by-datasets": """
class Photos(Dataset):
    def __init__(self):
        self.source = np.random.default_rng()

    def part(self):
        return Photos()

    def __getitem__(self, index):
        return self.source.normal(), self.part()  #! SDA101
""",
    "base-class-makes": """
class Base(Dataset):
    def __init__(self):
        self.source = random.Random(0)

class Photos(Base):
    def __getitem__(self, index):
        return self.source.random()  #! SDA101
""",
    "base-class-draws": """
class Base(Dataset):
    def __getitem__(self, index):
        return self.source.random()  #! SDA101

class Photos(Base):
    def __init__(self):
        self.source = random.Random(0)
""",
    "other-method-makes": """
class Photos(Dataset):
    def __init__(self):
        self.setup()

    def setup(self):
        self.source = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.source.normal()  #! SDA101
""",
    "closure": """
def photos():
    rng = np.random.default_rng(0)

    class Photos(Dataset):
        def __getitem__(self, index):
            return rng.normal()  #! SDA101
    return Photos()
""",
    "partial": """
from functools import partial

def jitter(image, source):
    return image + source.normal()  #! SDA101

class Photos(Dataset):
    def __init__(self):
        self.jitter = partial(jitter, source=np.random.default_rng(0))

    def __getitem__(self, index):
        return self.jitter(self.images[index])
""",
    "partial-of-collate": """
from functools import partial

def collate(batch, source):
    return source.permutation(batch)  #! SDA101

loader = DataLoader([], collate_fn=partial(collate, source=np.random.default_rng(0)))
""",
    "lambda": """
rng = np.random.default_rng(0)
loader = DataLoader([], collate_fn=lambda batch: rng.permutation(batch))  #! SDA101
""",
    "lambda-attribute": """
class Photos(Dataset):
    def __init__(self):
        source = np.random.default_rng(0)
        self.jitter = lambda image: image + source.normal()  #! SDA101

    def __getitem__(self, index):
        return self.jitter(self.images[index])
""",
    "bound-method": """
class Photos(Dataset):
    def __init__(self):
        self.draw = np.random.default_rng(0).normal

    def __getitem__(self, index):
        return self.draw()  #! SDA101
""",
    "local-alias": """
class Photos(Dataset):
    def __init__(self):
        self.source = np.random.default_rng(0)

    def __getitem__(self, index):
        draw = self.source.normal
        return draw()  #! SDA101
""",
    "getter": """
class Photos(Dataset):
    def __init__(self):
        self.source = np.random.default_rng(0)

    def get(self):
        return self.source

    def __getitem__(self, index):
        return self.get().normal()  #! SDA101
""",
    "property": """
class Photos(Dataset):
    def __init__(self):
        self.source = np.random.default_rng(0)

    @property
    def noise(self):
        return self.source.normal()  #! SDA101

    def __getitem__(self, index):
        return self.noise
""",
    "factory": """
def make(seed):
    return np.random.RandomState(seed)

class Photos(Dataset):
    def __init__(self):
        self.source = make(0)

    def __getitem__(self, index):
        return self.source.normal()  #! SDA101
""",
    "list": """
class Photos(Dataset):
    def __init__(self):
        self.sources = [np.random.default_rng(0), np.random.default_rng(1)]

    def __getitem__(self, index):
        return self.sources[index % 2].normal()  #! SDA101
""",
    "list-comprehension": """
class Photos(Dataset):
    def __init__(self):
        self.sources = [np.random.default_rng(i) for i in range(9)]

    def __getitem__(self, index):
        return self.sources[index].normal()  #! SDA101
""",
    "list-appended": """
class Photos(Dataset):
    def __init__(self):
        self.sources = []
        for number in range(9):
            self.sources.append(np.random.default_rng(number))

    def __getitem__(self, index):
        return self.sources[index].normal()  #! SDA101
""",
    "loop-over-list": """
class Photos(Dataset):
    def __init__(self):
        self.sources = [np.random.default_rng(0)]

    def __getitem__(self, index):
        return [source.normal() for source in self.sources]  #! SDA101
""",
    "dict": """
class Photos(Dataset):
    def __init__(self):
        self.sources = {"noise": np.random.default_rng(0), "size": 3}

    def __getitem__(self, index):
        return self.sources["noise"].normal()  #! SDA101
""",
    "dict-item-assigned": """
class Photos(Dataset):
    def __init__(self):
        self.sources = {}
        self.sources["noise"] = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.sources["noise"].normal()  #! SDA101
""",
    "tuple-unpacked": """
class Photos(Dataset):
    def __init__(self):
        self.one, self.two = np.random.default_rng(0), 4

    def __getitem__(self, index):
        return self.one.normal()  #! SDA101
""",
    "walrus": """
class Photos(Dataset):
    def __init__(self):
        if (source := np.random.default_rng(0)) is not None:
            self.source = source

    def __getitem__(self, index):
        return self.source.normal()  #! SDA101
""",
    "held-by-other-object": """
class Noise:
    def __init__(self):
        self.source = np.random.default_rng(0)

    def draw(self):
        return self.source.normal()  #! SDA101

class Photos(Dataset):
    def __init__(self):
        self.noise = Noise()

    def __getitem__(self, index):
        return self.noise.draw()
""",
    "attribute-of-other-object": """
class Settings:
    def __init__(self):
        self.source = np.random.default_rng(0)

class Photos(Dataset):
    def __init__(self, settings):
        self.settings = settings

    def __getitem__(self, index):
        return self.settings.source.normal()  #! SDA101

photos = Photos(Settings())
""",
    "given-to-function": """
def jitter(image, source):
    return image + source.normal()  #! SDA101

class Photos(Dataset):
    def __init__(self):
        self.source = np.random.default_rng(0)

    def __getitem__(self, index):
        return jitter(self.images[index], self.source)
""",
    "given-through-two-functions": """
def inner(x, s):
    return x + s.normal()  #! SDA101

def outer(x, s):
    return inner(x, s)

class Photos(Dataset):
    def __init__(self):
        self.source = np.random.default_rng(0)

    def __getitem__(self, index):
        return outer(self.images[index], self.source)
""",
    "torch-generator": """
class Photos(Dataset):
    def __init__(self):
        self.g = torch.Generator()

    def __getitem__(self, index):
        return torch.rand(3, generator=self.g)  #! SDA101
""",
    "torch-generator-chained": """
class Photos(Dataset):
    def __init__(self):
        self.source = torch.Generator().manual_seed(0)

    def __getitem__(self, index):
        return torch.randperm(3, generator=self.source)  #! SDA101
""",
    "tensor-method-generator": """
class Photos(Dataset):
    def __init__(self):
        self.source = torch.Generator()

    def __getitem__(self, index):
        return torch.empty(3).normal_(generator=self.source)  #! SDA101
""",
    "scipy-random_state": """
from scipy import stats

class Photos(Dataset):
    def __init__(self):
        self.source = np.random.RandomState(0)

    def __getitem__(self, index):
        return stats.norm.rvs(random_state=self.source)  #! SDA101
""",
    "library-rng-argument": """
from skimage.util import random_noise

class Photos(Dataset):
    def __init__(self):
        self.source = np.random.default_rng(0)

    def __getitem__(self, index):
        return random_noise(self.images[index], rng=self.source)  #! SDA101
""",
    "qmc": """
from scipy.stats import qmc

class Photos(Dataset):
    def __init__(self):
        self.sampler = qmc.Sobol(d=2, seed=0)

    def __getitem__(self, index):
        return self.sampler.random(1)  #! SDA101
""",
    "sobol-engine": """
class Photos(Dataset):
    def __init__(self):
        self.engine = torch.quasirandom.SobolEngine(2)

    def __getitem__(self, index):
        return self.engine.draw(1)  #! SDA101
""",
    "each-draw-once": """
class Photos(Dataset):
    def __init__(self):
        self.a = np.random.default_rng(0)

    def __getitem__(self, index):
        one, two = self.a.normal(), self.a.normal()  #! SDA101 SDA101
        return one + self.a.uniform(two)  #! SDA101
""",
    "lazy-with-constant": """
class Photos(Dataset):
    def __init__(self):
        self.rng = None

    def prepare(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""",
}


@pytest.mark.parametrize("text", HELD.values(), ids=HELD)
def test_however_it_is_held(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)


MISSED = {
    "global-statement": """
rng = None

def setup():
    global rng
    rng = np.random.default_rng(0)

class Photos(Dataset):
    def __getitem__(self, index):
        return rng.normal()  #! SDA101
""",
    "nobody-says-what": """
class Photos(Dataset):
    def __init__(self, rng):
        self.rng = rng

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""",
    "parameter-of-a-factory": """
class Noise:
    def __init__(self, source):
        self.source = source

    def draw(self):
        return self.source.normal()  #! SDA101

def make(rng):
    return Noise(rng)

class Photos(Dataset):
    def __init__(self):
        self.noise = make(np.random.default_rng(0))

    def __getitem__(self, index):
        return self.noise.draw()
""",
    "annotated-parameter": """
class Store:
    def __init__(self):
        self.source = np.random.default_rng(0)

class Photos(Dataset):
    def __init__(self, store: Store):
        self.store = store

    def __getitem__(self, index):
        return self.store.source.normal()  #! SDA101
""",
}


@pytest.mark.parametrize("text", MISSED.values(), ids=MISSED)
def test_however_it_is_held_unseen(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)


RUN_BY_WORKERS = {
    "getitems": """
class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitems__(self, indices):
        return [self.rng.normal() for _ in indices]  #! SDA101
""",
    "iterable": """
class Stream(IterableDataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __iter__(self):
        while True:
            yield self.rng.normal()  #! SDA101
""",
    "generic-base": """
class Photos(Dataset[int]):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""",
    "base-by-its-whole-name": """
class Photos(torch.utils.data.Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""",
    "torchvision-base": """
from torchvision.datasets import ImageFolder

class Photos(ImageFolder):
    def __init__(self, root):
        super().__init__(root)
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101
""",
    "no-base-given-to-loader": """
class Squares:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal()  #! SDA101

loader = DataLoader(Squares(), num_workers=4)
""",
    "method-called": """
class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def load(self, index):
        return self.rng.normal()  #! SDA101

    def __getitem__(self, index):
        return self.load(index)
""",
    "transform-call": """
class RandomNoise:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, image):
        return image + self.rng.normal()  #! SDA101
""",
    "transform-forward": """
class RandomNoise(torch.nn.Module):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def forward(self, image):
        return image + self.rng.normal()  #! SDA101
""",
    "transform-get_params": """
from torchvision import transforms

class Crop(transforms.RandomCrop):
    rng = random.Random(0)

    def get_params(self, image, size):
        return self.rng.randint(0, 9)  #! SDA101
""",
    "transform-held-by-dataset": """
class Thing:
    def __init__(self):
        self.source = np.random.default_rng(0)

    def __call__(self, a):
        return a + self.source.normal()  #! SDA101

class Photos(Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __getitem__(self, index):
        return self.transform(index)

photos = Photos(Thing())
""",
    "compose": """
from torchvision import transforms

class Thing:
    def __init__(self):
        self.source = np.random.default_rng(0)

    def __call__(self, a):
        return a + self.source.normal()  #! SDA101

both = transforms.Compose([transforms.ToTensor(), Thing()])
""",
    "transforms-Lambda": """
from torchvision import transforms

source = np.random.default_rng(0)
noisy = transforms.Lambda(lambda a: a + source.normal())  #! SDA101
""",
    "transform-argument": """
from torchvision.datasets import MNIST

source = np.random.default_rng(0)

def noisy(a):
    return a + source.normal()  #! SDA101

digits = MNIST(".", transform=noisy)
""",
    "collate-function": """
source = np.random.default_rng(0)

def pad(batch):
    return source.permutation(batch)  #! SDA101

loader = DataLoader([], collate_fn=pad)
""",
    "collate-object": """
class Pad:
    def __init__(self):
        self.source = np.random.default_rng(0)

    def __call__(self, batch):
        return self.source.permutation(batch)  #! SDA101

loader = DataLoader([], collate_fn=Pad())
""",
    "collate-method": """
class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return index

    def collate_fn(self, batch):
        return self.rng.permutation(batch)  #! SDA101
""",
    "collate-by-name": """
source = np.random.default_rng(0)

def my_collate(batch):
    return source.permutation(batch)  #! SDA101
""",
    "set_transform": """
from datasets import load_dataset

source = np.random.default_rng(0)

def noisy(examples):
    return source.permutation(examples)  #! SDA101

data = load_dataset("x")
data.set_transform(noisy)
""",
    "with_transform": """
from datasets import load_dataset

source = np.random.default_rng(0)
data = load_dataset("x").with_transform(lambda a: source.permutation(a))  #! SDA101
""",
    "webdataset-map": """
import webdataset as wds

source = np.random.default_rng(0)

def noisy(a):
    return a + source.normal()  #! SDA101

data = wds.WebDataset("x.tar").decode().map(noisy)
""",
    "datapipe-map": """
from torchdata.datapipes.iter import FileLister

source = np.random.default_rng(0)
pipe = FileLister(".").map(lambda a: source.normal())  #! SDA101
""",
    "albumentations-Lambda": """
import albumentations as A

source = np.random.default_rng(0)
both = A.Compose([A.Lambda(image=lambda a, **rest: a + source.normal())])  #! SDA101
""",
    "inner-dataset": """
class Inner(Dataset):
    def __init__(self):
        self.source = np.random.default_rng(0)

    def fetch(self, where):
        return self.source.normal()  #! SDA101

class Outer(Dataset):
    def __init__(self):
        self.inner = Inner()

    def __getitem__(self, index):
        return self.inner.fetch(index)
""",
    "iterator-of-an-object": """
class Words:
    def __init__(self):
        self.source = np.random.default_rng(0)

    def __iter__(self):
        yield self.source.normal()  #! SDA101

class Stream(IterableDataset):
    def __init__(self):
        self.words = Words()

    def __iter__(self):
        for word in self.words:
            yield word
""",
}


@pytest.mark.parametrize("text", RUN_BY_WORKERS.values(), ids=RUN_BY_WORKERS)
def test_whoever_runs_the_code(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)


HARMLESS = {
    "system-random": """
class Photos(Dataset):
    def __init__(self):
        self.rng = random.SystemRandom()

    def __getitem__(self, index):
        return self.rng.random()
""",
    "made-in-sample": """
class Photos(Dataset):
    def __getitem__(self, index):
        rng = np.random.default_rng()
        return rng.normal()
""",
    "made-in-sample-from-epoch-and-index": """
class Photos(Dataset):
    def __getitem__(self, index):
        rng = np.random.default_rng((self.seed, self.epoch, index))
        return rng.normal()
""",
    "made-in-iter-from-worker-info": """
from torch.utils.data import get_worker_info

class Stream(IterableDataset):
    def __iter__(self):
        self.rng = np.random.default_rng(get_worker_info().seed)
        yield self.rng.normal()
""",
    "made-lazily-in-worker": """
class Photos(Dataset):
    def __init__(self):
        self.rng = None

    def __getitem__(self, index):
        if self.rng is None:
            self.rng = np.random.default_rng(torch.initial_seed())
        return self.rng.normal()
""",
    "made-lazily-by-method": """
class Photos(Dataset):
    def __init__(self):
        self._rng = None

    def ready(self):
        if self._rng is None:
            self._rng = np.random.default_rng(torch.initial_seed())
        return self._rng

    def __getitem__(self, index):
        return self.ready().normal()
""",
    "seeded-again-in-sample": """
class Photos(Dataset):
    def __init__(self):
        self.rng = random.Random(0)

    def __getitem__(self, index):
        self.rng.seed(self.epoch * 1000 + index)
        return self.rng.random()
""",
    "torch-generator-seeded-again": """
class Photos(Dataset):
    def __init__(self):
        self.g = torch.Generator()

    def __getitem__(self, index):
        self.g.manual_seed(self.epoch * 1000 + index)
        return torch.rand(3, generator=self.g)
""",
    "state-set-again-in-sample": """
class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        self.rng.bit_generator.state = state_of(self.epoch, index)
        return self.rng.normal()
""",
    "made-anew-by-init-function": """
from torch.utils.data import get_worker_info

class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal()

def init(worker_id):
    info = get_worker_info()
    info.dataset.rng = np.random.default_rng(info.seed)

loader = DataLoader(Photos(), worker_init_fn=init)
""",
    "seeded-by-init-function": """
class Photos(Dataset):
    def __init__(self):
        self.rng = random.Random(0)

    def __getitem__(self, index):
        return self.rng.random()

def init(worker_id):
    info = torch.utils.data.get_worker_info()
    info.dataset.rng.seed(info.seed)

loader = DataLoader(Photos(), worker_init_fn=init)
""",
    "sampler": """
from torch.utils.data import Sampler

class Shuffled(Sampler):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __iter__(self):
        return iter(self.rng.permutation(9))
""",
    "split-in-constructor": """
class Photos(Dataset):
    def __init__(self):
        rng = np.random.default_rng(0)
        self.order = rng.permutation(9)

    def __getitem__(self, index):
        return self.order[index]
""",
    "plot": """
class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def plot_some(self, count):
        return self.rng.choice(9, count)

    def __getitem__(self, index):
        return index
""",
    "reshuffle-between-epochs": """
class Photos(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def on_epoch_end(self):
        self.rng.shuffle(self.order)

    def __getitem__(self, index):
        return self.order[index]
""",
    "training-loop": """
rng = np.random.default_rng(0)

def train(loader):
    for batch in loader:
        if rng.random() < 0.5:
            step(batch)
""",
    "loader-generator": """
g = torch.Generator()
loader = DataLoader([1, 2], shuffle=True, generator=g)
""",
    "random_split": """
from torch.utils.data import random_split

class Photos(Dataset):
    def __init__(self):
        g = torch.Generator().manual_seed(0)
        self.parts = random_split(range(9), [5, 4], generator=g)

    def __getitem__(self, index):
        return self.parts[0][index]
""",
    "monai": """
from monai.transforms import RandomizableTransform

class Noise(RandomizableTransform):
    def __call__(self, image):
        return image + self.R.normal()
""",
    "albumentations": """
import albumentations as A

class Noise(A.ImageOnlyTransform):
    def apply(self, image, **params):
        return image + self.random_generator.normal() + self.py_random.random()
""",
    "agent": """
class Agent:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, state):
        return self.rng.choice(4)
""",
    "other-method-of-the-name": """
class Photos(Dataset):
    def __init__(self):
        self.choices = Menu()

    def __getitem__(self, index):
        return self.choices.normal(), self.table.sample(3)
""",
    "keras-sequence": """
--- keras.py
from tensorflow.keras.utils import Sequence
import numpy as np

class Photos(Sequence):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal()
""",
    "lookup-table": """
class Table:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, name):
        return self.rng.normal()
""",
    "network": """
class Net(torch.nn.Module):
    def __init__(self):
        self.g = torch.Generator()

    def forward(self, x):
        return x + torch.randn(3, generator=self.g)
""",
    "drawn-before-it-is-kept": """
class Photos(Dataset):
    def __init__(self):
        self.noise = np.random.default_rng(0).normal(size=9)

    def __getitem__(self, index):
        return self.noise[index]
""",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_harmless(findings, text):
    texts = files(text, head="") if "--- keras" in text else files(text)
    assert findings(texts) == []


def test_notes_tell_where_it_was_made(report):
    texts = files("""\
class Photos(Dataset):
    def __init__(self, rng):
        self.rng = rng

    def __getitem__(self, index):
        return self.rng.normal()

--- b.py
from a import Photos
photos = Photos(np.random.default_rng(0))
""")
    (one,) = report(texts).findings
    ((place, remark),) = one.related
    assert (place.path, place.line, place.column) == ("b.py", 6, 17)
    assert remark == "made here, before the workers"
    assert "`self.rng` (NumPy Generator)" in one.message
    assert "Photos.__getitem__" in one.message


def test_a_message_tells_the_way(report):
    texts = files("""\
class Photos(Dataset):
    def __init__(self):
        self.rng = random.Random(0)

    def noise(self):
        return self.rng.random()

    def load(self):
        return self.noise()

    def __getitem__(self, index):
        return self.load()
""")
    (one,) = report(texts).findings
    assert "Photos.noise (from Photos.__getitem__ > Photos.load)" in one.message
    assert "random.Random" in one.message
