"""Which code counts as run by workers, where only names and calls tell; and which does not."""

import pytest
from lint_fixtures import files, findings, marked, report

__all__ = ["findings", "report"]

COUNTED = {
    "dataset-by-its-name": """
--- photos.py
import numpy as np

class PhotoDataset:
    def __getitem__(self, index):
        return np.random.normal()  #! SDA102
""",
    "collator-object": """
class PadCollate:
    def __call__(self, batch):
        return np.random.permutation(batch)  #! SDA102
""",
    "registered": """
@PIPELINES.register_module()
class Thing:
    def __call__(self, results):
        return np.random.normal()  #! SDA102
""",
    "module-in-a-file-of-augmentations": """
--- augment.py
class ColorJitter(torch.nn.Module):
    def forward(self, image):
        return image + np.random.normal()  #! SDA102
""",
    "function-in-a-file-of-augmentations": """
--- augment.py
def random_crop(image):
    return image[np.random.randint(9) :]  #! SDA102
""",
    "functions-that-only-such-call": """
--- augment.py
def random_shift(image):
    return image + np.random.normal()  #! SDA102

def random_crop(image):
    return random_shift(image)
""",
    "method-that-a-base-out-of-sight-calls": """
from fairseq.data import FairseqDataset

class Photos(FairseqDataset):
    def collater(self, samples):
        return np.random.permutation(samples)  #! SDA102
""",
    "get-of-graphs": """
from torch_geometric.data import Dataset as Graphs

class Molecules(Graphs):
    def get(self, number):
        return np.random.normal()  #! SDA102
""",
    "map-by-partial": """
from functools import partial
from datasets import Dataset as Table

def noisy(row):
    return np.random.normal()  #! SDA102

step = partial(Table.map, function=noisy)
""",
    "next": """
class Stream(IterableDataset):
    def __iter__(self):
        return self

    def __next__(self):
        return np.random.normal()  #! SDA102
""",
    "transform-in-a-training-file-and-a-dataset": """
class RandomNoise:
    def __call__(self, image):
        return np.random.normal()  #! SDA102

class Photos(Dataset):
    def __init__(self):
        self.noise = RandomNoise()

    def __getitem__(self, index):
        return self.noise(index)
""",
}


@pytest.mark.parametrize("text", COUNTED.values(), ids=COUNTED)
def test_worker_code(findings, text):
    texts = files(text, head="") if "--- photos" in text else files(text)
    assert findings(texts) == marked(texts)


LEFT_OUT = {
    "named-dataset-beside-torch's": """
class PhotoDataset:
    def __getitem__(self, index):
        return np.random.normal()
""",
    "transform-of-a-training-loop": """
class RandomNoise:
    def __call__(self, image):
        return image + np.random.normal()

def train(loader):
    noise = RandomNoise()
    for batch in loader:
        noise(batch)
""",
    "transform-handed-to-a-training-loop": """
class RandomNoise:
    def __call__(self, image):
        return image + np.random.normal()

def train(loader, noise):
    for batch in loader:
        noise(batch)

def main(loader):
    noise = RandomNoise()
    train(loader, noise)
""",
    "mixup-of-batches": """
class Mixup:
    def __call__(self, x, y):
        return np.random.beta(1, 1)
""",
    "function-that-collates-nothing": """
def make_collate(size):
    np.random.normal()
    def inner(batch):
        return batch
    return inner
""",
    "augmentation-that-a-main-program-calls": """
--- augment.py
def random_crop(image):
    return image[np.random.randint(9) :]
--- main.py
from augment import random_crop

def main():
    random_crop(1)
""",
    "augmentation-left-alone-where-others-are-taken": """
--- augment.py
def random_crop(image):
    return image[np.random.randint(9) :]

def load(image):
    return image
--- main.py
from augment import load

load(1)
""",
    "map-of-pandas": """
import pandas as pd
from datasets import load_dataset

df = pd.read_csv("x")
df.map(lambda x: np.random.normal())
""",
    "map-of-a-pool": """
import multiprocessing
from datasets import load_dataset

workers = multiprocessing.Pool()
workers.map(lambda x: np.random.normal(), [1])
""",
    "map-of-nothing-known": """
stream.map(lambda x: np.random.normal())
""",
    "sampler-that-is-called": """
from torch.utils.data import Sampler

class RandomCropSampler(Sampler):
    def __call__(self, image):
        return np.random.normal()
""",
}


@pytest.mark.parametrize("text", LEFT_OUT.values(), ids=LEFT_OUT)
def test_other_code(findings, text):
    assert findings(files(text)) == []


SEEDS = {
    "with-a-seeding-context": """
from mylib import numpy_seed

class Photos(Dataset):
    def __getitem__(self, index):
        with numpy_seed(self.seed, index):  #! SDA202
            return np.random.normal()
""",
    "with-a-seeding-context-and-epoch": """
from mylib import numpy_seed

class Photos(Dataset):
    def __getitem__(self, index):
        with numpy_seed(self.seed, self.epoch, index):
            return np.random.normal()
""",
    "sequence-of-fresh-entropy": """
class Photos(Dataset):
    def __getitem__(self, index):
        return np.random.default_rng(np.random.SeedSequence()).normal()
""",
    "seed-by-a-function": """
def seed_of(number):
    return number * 2 + 1

class Photos(Dataset):
    def __getitem__(self, index):
        return np.random.default_rng(seed_of(index)).normal()  #! SDA202
""",
    "given-generator-handed-back": """
def generator(seed):
    return np.random.default_rng(seed)

class Photos(Dataset):
    def __getitem__(self, index):
        return generator(np.random.default_rng()).normal()
""",
}


@pytest.mark.parametrize("text", SEEDS.values(), ids=SEEDS)
def test_seeds_in_samples(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)
