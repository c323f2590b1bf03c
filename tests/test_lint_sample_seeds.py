"""SDA201 and SDA202: seeds set where samples are made, and the draws that such seeds govern."""

import pytest
from lint_fixtures import files, findings, marked, report

__all__ = ["findings", "report"]

SEEDS = {
    "number": ("0", "SDA201"),
    "attribute": ("self.seed", "SDA201"),
    "module-constant": ("SEED", "SDA201"),
    "arithmetic": ("self.seed * 2 + 1", "SDA201"),
    "command-line": ("args.seed", "SDA201"),
    "state-word": ("np.random.get_state()[1][0]", "SDA201"),
    "index": ("index", "SDA202"),
    "index-and-seed": ("self.seed + index", "SDA202"),
    "index-in-tuple": ("(self.seed, index)", "SDA202"),
    "index-hashed": ("hash(str(index)) % 2**32", "SDA202"),
    "index-by-int": ("int(index)", "SDA202"),
    "path-of-index": ("zlib.crc32(self.paths[index])", "SDA202"),
    "worker-id": ("torch.utils.data.get_worker_info().id", "SDA202"),
    "nothing": ("", ""),
    "None": ("None", ""),
    "epoch-and-index": ("(self.seed, self.epoch, index)", ""),
    "epoch-by-arithmetic": ("self.epoch * 1000 + index", ""),
    "step": ("self.global_step + index", ""),
    "torch-initial-seed": ("torch.initial_seed() % 2**32", ""),
    "worker-info-seed": ("torch.utils.data.get_worker_info().seed % 2**32", ""),
    "time": ("int(time.time())", ""),
    "urandom": ("int.from_bytes(os.urandom(4))", ""),
    "drawn": ("random.randint(0, 99)", ""),
    "drawn-by-torch": ("torch.randint(0, 99, (1,)).item()", ""),
}


@pytest.mark.parametrize(("seed", "code"), SEEDS.values(), ids=SEEDS)
@pytest.mark.parametrize("seeding", ["np.random.seed", "random.seed", "np.random.default_rng"])
def test_what_a_seed_follows_from(findings, seeding, seed, code):
    texts = files(f"""\
import os, time, zlib
SEED = 3

class Photos(Dataset):
    def __init__(self, seed=0):
        self.seed = seed
        self.epoch = 0

    def __getitem__(self, index):
        rng = {seeding}({seed})  #! {code}
        return rng
""")
    assert findings(texts) == marked(texts)


SEEDINGS = {
    "np.random.seed": "np.random.seed(0)",
    "random.seed": "random.seed(0)",
    "torch.manual_seed": "torch.manual_seed(0)",
    "torch.random.manual_seed": "torch.random.manual_seed(0)",
    "default_rng": "np.random.default_rng(0)",
    "RandomState": "np.random.RandomState(0)",
    "Random": "random.Random(0)",
    "PCG64": "np.random.Generator(np.random.PCG64(0))",
    "by-keyword": "np.random.seed(seed=0)",
    "seed_everything": "pl.seed_everything(0)",
    "set_seed": "set_seed(0)",
    "torch-generator": "torch.Generator().manual_seed(0)",
}


@pytest.mark.parametrize("seeding", SEEDINGS.values(), ids=SEEDINGS)
@pytest.mark.parametrize("where", ["dataset", "transform", "collate"])
def test_whatever_is_seeded(findings, seeding, where):
    head = {
        "dataset": "class Photos(Dataset):\n    def __getitem__(self, index):",
        "transform": "class RandomNoise:\n    def __call__(self, image):",
        "collate": "class Rest:\n    pass\nif True:\n    def collate_fn(batch):",
    }[where]
    texts = files(f"""\
import pytorch_lightning as pl
from transformers import set_seed
{head}
        one = {seeding}  #! SDA201
        return one
""")
    assert findings(texts) == marked(texts)


HARMLESS = {
    "script-start": """
np.random.seed(0)
torch.manual_seed(0)
""",
    "constructor": """
class Photos(Dataset):
    def __init__(self):
        np.random.seed(0)
        self.order = np.random.permutation(9)

    def __getitem__(self, index):
        return self.order[index]
""",
    "validation-class": """
class ValidationPhotos(Dataset):
    def __getitem__(self, index):
        np.random.seed(0)
        return self.images[index]
""",
    "guard-not-train": """
class Photos(Dataset):
    def __getitem__(self, index):
        if not self.train:
            np.random.seed(index)
        return self.images[index]
""",
    "guard-split": """
class Photos(Dataset):
    def __getitem__(self, index):
        if self.split == "val":
            np.random.seed(index)
        return self.images[index]
""",
    "guard-mode-by-its-text": """
class Photos(Dataset):
    def __getitem__(self, index):
        if self.kind == "test":
            np.random.seed(0)
        return self.images[index]
""",
    "guard-deterministic": """
class Photos(Dataset):
    def __getitem__(self, index):
        rng = np.random.default_rng(index if self.deterministic else None)
        return rng.normal()
""",
    "epoch-set-by-a-method": """
class Photos(Dataset):
    def __init__(self):
        self.turn = 0

    def set_epoch(self, number):
        self.turn = number

    def __getitem__(self, index):
        return np.random.default_rng((self.turn, index)).normal()
""",
    "counter-that-grows": """
class Photos(Dataset):
    def __init__(self):
        self.n = 0

    def __getitem__(self, index):
        self.n += 1
        return np.random.default_rng((self.n, index)).normal()
""",
    "seed-comes-with-the-index": """
class Photos(Dataset):
    def __getitem__(self, where):
        index, seed = where
        return np.random.default_rng(seed).normal()
""",
    "cuda-only": """
class Photos(Dataset):
    def __getitem__(self, index):
        torch.cuda.manual_seed(0)
        return self.images[index]
""",
    "main-process": """
def main():
    np.random.seed(0)
    random.seed(0)
""",
    "drawn-seed": """
class Photos(Dataset):
    def __getitem__(self, index):
        seed = random.randint(0, 2**31)
        random.seed(seed)
        image = self.transform(self.images[index])
        random.seed(seed)
        return image, self.transform(self.masks[index])
""",
}


FALSELY = {
    "epoch-comes-with-the-index": """
class Photos(Dataset):
    def __getitem__(self, where):
        index, epoch = where
        return np.random.default_rng((epoch, index)).normal()
""",
}


@pytest.mark.parametrize("text", FALSELY.values(), ids=FALSELY)
def test_harmless_but_told_of(findings, text):
    assert findings(files(text)) == []


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_harmless(findings, text):
    assert findings(files(text)) == []


THROUGH = {
    "helper-that-seeds": """
def setup(seed):
    np.random.seed(seed)
    random.seed(seed)

class Photos(Dataset):
    def __getitem__(self, index):
        setup(7)  #! SDA201
        return index
""",
    "helper-that-makes": """
def make(seed):
    return np.random.default_rng(seed)

class Photos(Dataset):
    def __getitem__(self, index):
        return make(index).normal()  #! SDA202
""",
    "helper-without-argument": """
def setup():
    np.random.seed(0)  #! SDA201

class Photos(Dataset):
    def __getitem__(self, index):
        setup()
        return index
""",
    "helper-in-other-file": """
from tools import setup

class Photos(Dataset):
    def __getitem__(self, index):
        setup(index)  #! SDA202
        return index
--- tools.py
def setup(seed):
    np.random.seed(seed)
""",
    "local-name": """
class Photos(Dataset):
    def __getitem__(self, index):
        seed = self.base + index
        np.random.seed(seed)  #! SDA202
        return index
""",
    "argument-of-a-method": """
class Photos(Dataset):
    def load(self, number):
        return np.random.default_rng(number).normal()  #! SDA202

    def __getitem__(self, index):
        return self.load(index)
""",
    "fixed-by-module": """
SEED = 5

class Photos(Dataset):
    def __getitem__(self, index):
        torch.manual_seed(SEED)  #! SDA201
        return index
""",
    "held-seeded-again-by-constant": """
class Photos(Dataset):
    def __init__(self):
        self.rng = random.Random()

    def __getitem__(self, index):
        self.rng.seed(0)  #! SDA201
        return self.rng.random()
""",
    "held-seeded-again-by-index": """
class Photos(Dataset):
    def __init__(self):
        self.rng = random.Random()

    def __getitem__(self, index):
        self.rng.seed(index)  #! SDA202
        return self.rng.random()
""",
    "guard-that-is-not-about-evaluation": """
class Photos(Dataset):
    def __getitem__(self, index):
        if self.seed is not None:
            np.random.seed(self.seed)  #! SDA201
        return index
""",
}


@pytest.mark.parametrize("text", THROUGH.values(), ids=THROUGH)
def test_at_the_call_that_says_the_seed(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)


# What a seeding governs: seeds are harmless here, so only draws that are not governed are told of.
GOVERNED = {
    "before-and-after": """
class Photos(Dataset):
    def __getitem__(self, index):
        one = np.random.normal()  #! SDA102
        np.random.seed((self.epoch, index))
        return one + np.random.normal()
""",
    "fresh-seed-counts": """
class Photos(Dataset):
    def __getitem__(self, index):
        np.random.seed()
        return np.random.normal()
""",
    "same-line": """
class Photos(Dataset):
    def __getitem__(self, index):
        np.random.seed(); return np.random.normal()
""",
    "block-does-not-reach-out": """
class Photos(Dataset):
    def __getitem__(self, index):
        if self.again:
            np.random.seed((self.epoch, index))
        return np.random.normal()  #! SDA102
""",
    "block-reaches-itself": """
class Photos(Dataset):
    def __getitem__(self, index):
        if self.again:
            np.random.seed((self.epoch, index))
            return np.random.normal()
        return 0
""",
    "outer-reaches-block": """
class Photos(Dataset):
    def __getitem__(self, index):
        np.random.seed((self.epoch, index))
        if self.noisy:
            return np.random.normal()
        return 0
""",
    "evaluation-does-not-govern": """
class Photos(Dataset):
    def __getitem__(self, index):
        if not self.train:
            np.random.seed(index)
        return np.random.normal()  #! SDA102
""",
    "helpers-below": """
def noise(image):
    return image + np.random.normal()

class Photos(Dataset):
    def __getitem__(self, index):
        np.random.seed((self.epoch, index))
        return noise(index)
""",
    "helpers-above": """
def noise(image):
    return image + np.random.normal()  #! SDA102

class Photos(Dataset):
    def __getitem__(self, index):
        image = noise(index)
        np.random.seed((self.epoch, index))
        return image
""",
    "one-of-two-ways-is-not-governed": """
def noise(image):
    return image + np.random.normal()  #! SDA102

class Seeded(Dataset):
    def __getitem__(self, index):
        np.random.seed((self.epoch, index))
        return noise(index)

class Plain(Dataset):
    def __getitem__(self, index):
        return noise(index)
""",
    "seeded-in-helper": """
def setup(epoch, index):
    np.random.seed((epoch, index))

class Photos(Dataset):
    def __getitem__(self, index):
        setup(self.epoch, index)
        return np.random.normal()
""",
    "seeding-random-does-not-help-numpy": """
class Photos(Dataset):
    def __getitem__(self, index):
        random.seed(self.epoch * 1000 + index)
        return np.random.normal()  #! SDA102
""",
    "dataset-that-may-be-used-by-itself": """
class Inner(Dataset):
    def __getitem__(self, index):
        return np.random.normal()  #! SDA102

class Outer(Dataset):
    def __init__(self):
        self.inner = Inner()

    def __getitem__(self, index):
        np.random.seed((self.epoch, index))
        return self.inner[index]
""",
    "one-of-two-functions-seeds": """
def again(epoch, index):
    np.random.seed((epoch, index))

def nothing(epoch, index):
    return None

class Photos(Dataset):
    def __getitem__(self, index):
        start = again if self.fixed else nothing
        start(self.epoch, index)
        return np.random.normal()  #! SDA102
""",
    "another-dataset-seeds": """
class One(Dataset):
    def __getitem__(self, index):
        np.random.seed((self.epoch, index))
        return index

class Other(Dataset):
    def __getitem__(self, index):
        return np.random.normal()  #! SDA102
""",
    "seeding-in-lambda": """
class Photos(Dataset):
    def __getitem__(self, index):
        again = lambda: np.random.seed((self.epoch, index))
        return np.random.normal(), again  #! SDA102
""",
}


@pytest.mark.parametrize("text", GOVERNED.values(), ids=GOVERNED)
def test_draws_below_a_seeding(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)


def test_a_seeded_constant_hides_the_draw_below(findings):
    texts = files("""\
class Photos(Dataset):
    def __getitem__(self, index):
        np.random.seed(0)  #! SDA201
        return np.random.normal()
""")
    assert findings(texts) == marked(texts)


UNGOVERNED = {
    "other-branch": """
class Photos(Dataset):
    def __getitem__(self, index):
        if self.again:
            np.random.seed((self.epoch, index))
        else:
            return np.random.normal()  #! SDA102
""",
    "other-branch-of-the-same-words": """
class Photos(Dataset):
    def __getitem__(self, index):
        if self.again:
            np.random.seed((self.epoch, index))
        if not self.again:
            return np.random.normal()  #! SDA102
""",
    "another-thing-of-the-same-name": """
class Photos(Dataset):
    def __getitem__(self, index):
        if index % 2:
            np.random.seed((self.epoch, index))
        if index > 5:
            return np.random.normal()  #! SDA102
""",
    "exception-handler": """
class Photos(Dataset):
    def __getitem__(self, index):
        try:
            return self.images[index]
        except IndexError:
            np.random.seed((self.epoch, index))
        return np.random.normal()  #! SDA102
""",
}


@pytest.mark.parametrize("text", UNGOVERNED.values(), ids=UNGOVERNED)
def test_draws_that_a_seeding_does_not_reach(findings, text):
    texts = files(text)
    assert findings(texts) == marked(texts)
