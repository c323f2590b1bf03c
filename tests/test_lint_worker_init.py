"""SDA301-305: seeds that functions set when workers start, and functions that have no effect."""

import pytest
from lint_fixtures import files, findings, marked, report

from seedaug.lint.findings import Fix

__all__ = ["findings", "report"]

PHOTOS = """
class Photos(Dataset):
    def __getitem__(self, index):
        return torch.rand(1), random.random(), self.images[index]

"""

SEEDS = {
    "number": ("42", "SDA301"),
    "attribute-of-arguments": ("args.seed", "SDA301"),
    "module-constant": ("SEED", "SDA301"),
    "worker-id": ("worker_id", "SDA302"),
    "constant-plus-worker": ("42 + worker_id", "SDA302"),
    "arguments-plus-worker": ("args.seed + worker_id", "SDA302"),
    "worker-by-arithmetic": ("(SEED * 7919 + worker_id * 31) % 2**32", "SDA302"),
    "worker-in-list": ("[SEED, worker_id]", "SDA302"),
    "worker-in-sequence": ("np.random.SeedSequence([SEED, worker_id]).generate_state(4)", "SDA302"),
    "worker-info-id": ("torch.utils.data.get_worker_info().id", "SDA302"),
    "state-word": ("np.random.get_state()[1][0]", "SDA303"),
    "state-word-and-worker": ("np.random.get_state()[1][0] + worker_id", "SDA303"),
    "initial-seed": ("torch.initial_seed() % 2**32", ""),
    "initial-seed-and-worker": ("(torch.initial_seed() + worker_id) % 2**32", ""),
    "initial-seed-and-constant": ("(torch.initial_seed() + SEED) % 2**32", ""),
    "initial-seed-in-sequence": (
        "np.random.SeedSequence(torch.initial_seed()).generate_state(4)",
        "",
    ),
    "worker-info-seed": ("torch.utils.data.get_worker_info().seed % 2**32", ""),
    "dataset-epoch": ("torch.utils.data.get_worker_info().dataset.epoch * 64 + worker_id", ""),
    "nothing": ("", ""),
    "None": ("None", ""),
    "time": ("int(time.time()) + worker_id", ""),
    "process-id": ("os.getpid()", ""),
    "urandom": ("list(os.urandom(4))", ""),
    "drawn-by-torch": ("torch.randint(0, 99, (1,)).item() + worker_id", ""),
}


@pytest.mark.parametrize(("seed", "code"), SEEDS.values(), ids=SEEDS)
@pytest.mark.parametrize("seeding", ["np.random.seed", "random.seed", "torch.manual_seed"])
def test_what_a_seed_follows_from(findings, seeding, seed, code):
    texts = files(f"""\
import os, time
SEED = 3
{PHOTOS}
def start(worker_id):
    {seeding}({seed})  #! {code}

loader = DataLoader(Photos(), num_workers=4, worker_init_fn=start)
""")
    assert findings(texts) == marked(texts)


PASSED = {
    "lambda": """
loader = DataLoader(Photos(), worker_init_fn=lambda w: np.random.seed(w))  #! SDA302
""",
    "lambda-constant": """
loader = DataLoader(Photos(), worker_init_fn=lambda _: np.random.seed(0))  #! SDA301
""",
    "lambda-fresh": """
loader = DataLoader(
    Photos(), worker_init_fn=lambda w: np.random.seed(torch.initial_seed() % 2**32)
)
""",
    "partial": """
from functools import partial

def start(worker_id, seed):
    np.random.seed(worker_id + seed)  #! SDA302

loader = DataLoader(Photos(), worker_init_fn=partial(start, seed=3))
""",
    "partial-rank-first": """
from functools import partial

def start(worker_id, num_workers, rank, seed):
    np.random.seed(num_workers * rank + worker_id + seed)  #! SDA302

loader = DataLoader(
    Photos(), worker_init_fn=partial(start, num_workers=4, rank=0, seed=3)
)
""",
    "partial-held": """
from functools import partial

def start(worker_id, seed):
    np.random.seed(seed)  #! SDA301

init = partial(start, seed=3)
loader = DataLoader(Photos(), worker_init_fn=init)
""",
    "bound-method": """
class Trainer:
    def start(self, worker_id):
        np.random.seed(self.seed + worker_id)  #! SDA302

    def loader(self):
        return DataLoader(Photos(), worker_init_fn=self.start)
""",
    "instance": """
class Start:
    def __init__(self, seed):
        self.seed = seed

    def __call__(self, worker_id):
        np.random.seed(self.seed + worker_id)  #! SDA302

loader = DataLoader(Photos(), worker_init_fn=Start(3))
""",
    "closure": """
def make(seed):
    def start(worker_id):
        np.random.seed(seed)  #! SDA301
    return start

loader = DataLoader(Photos(), worker_init_fn=make(3))
""",
    "through-options": """
def start(worker_id):
    np.random.seed(worker_id)  #! SDA302

options = dict(num_workers=4, worker_init_fn=start)
loader = DataLoader(Photos(), **options)
""",
    "through-literal-options": """
def start(worker_id):
    np.random.seed(worker_id)  #! SDA302

options = {"num_workers": 4, "worker_init_fn": start}
loader = DataLoader(Photos(), **options)
""",
    "if-seed-given": """
def start(worker_id):
    np.random.seed(worker_id)  #! SDA302

loader = DataLoader(Photos(), worker_init_fn=start if args.seed else None)
""",
    "other-file": """
from starting import start
loader = DataLoader(Photos(), worker_init_fn=start)
--- starting.py
def start(worker_id):
    np.random.seed(worker_id)  #! SDA302
""",
    "helper-called": """
def everything(seed):
    np.random.seed(seed)
    random.seed(seed)

def start(worker_id):
    everything(3 + worker_id)  #! SDA302

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "library-helper": """
from transformers import set_seed

def start(worker_id):
    set_seed(worker_id)  #! SDA302

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "each-seeding": """
def start(worker_id):
    seed = 3 + worker_id
    np.random.seed(seed)  #! SDA302
    random.seed(seed)  #! SDA302
    torch.manual_seed(seed)  #! SDA302

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "two-loaders-one-finding": """
def start(worker_id):
    np.random.seed(worker_id)  #! SDA302

train = DataLoader(Photos(), worker_init_fn=start)
val = DataLoader(Photos(), worker_init_fn=start)
""",
    "two-functions-one-finding": """
def fix():
    np.random.seed(0)  #! SDA301

def start(worker_id):
    fix()

def begin(worker_id):
    fix()

train = DataLoader(Photos(), worker_init_fn=start)
val = DataLoader(Photos(), worker_init_fn=begin)
""",
    "cuda-only": """
def start(worker_id):
    torch.cuda.manual_seed(0)

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "no-seeding": """
def start(worker_id):
    torch.set_num_threads(1)

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "loader-of-their-own": """
class Loader(DataLoader):
    def __init__(self, data):
        super().__init__(data, worker_init_fn=self.start)

    def start(self, worker_id):
        np.random.seed(worker_id)  #! SDA302
""",
    "held-generator-seeded": """
class Held(Dataset):
    def __init__(self):
        self.rng = random.Random(0)

    def __getitem__(self, index):
        return self.rng.random()

def start(worker_id):
    dataset = torch.utils.data.get_worker_info().dataset
    dataset.rng.seed(worker_id)  #! SDA302

loader = DataLoader(Held(), worker_init_fn=start)
""",
}


@pytest.mark.parametrize("text", PASSED.values(), ids=PASSED)
def test_however_it_is_passed_on(findings, text):
    texts = files(PHOTOS + text)
    assert findings(texts) == marked(texts)


def test_static_methods_differ_by_worker(findings):
    texts = files("""\
class Photos(Dataset):
    def __getitem__(self, index):
        return random.random()

    @staticmethod
    def start(worker_id):
        np.random.seed(worker_id)  #! SDA302

loader = DataLoader(Photos(), worker_init_fn=Photos.start)
""")
    assert findings(texts) == marked(texts)


PERSISTENT = {
    "all": ("persistent_workers=True", "persistent_workers=True", ""),
    "one-of-two": ("persistent_workers=True", "", "SDA302"),
    "off": ("persistent_workers=False", "persistent_workers=False", "SDA302"),
    "not-known": ("persistent_workers=args.keep", "persistent_workers=True", "SDA302"),
}


@pytest.mark.parametrize(("one", "other", "code"), PERSISTENT.values(), ids=PERSISTENT)
def test_persistent_workers_start_once(findings, one, other, code):
    texts = files(f"""\
{PHOTOS}
def start(worker_id):
    np.random.seed(worker_id)  #! {code}

train = DataLoader(Photos(), worker_init_fn=start, {one})
val = DataLoader(Photos(), worker_init_fn=start, {other})
""")
    assert findings(texts) == marked(texts)


def test_persistent_workers_with_one_seed_are_still_alike(findings):
    texts = files(f"""\
{PHOTOS}
def start(worker_id):
    np.random.seed(0)  #! SDA301

loader = DataLoader(Photos(), worker_init_fn=start, persistent_workers=True)
""")
    assert findings(texts) == marked(texts)


RANKS = {
    "epoch-without-rank": ("[epoch, worker_id]", "import torch.distributed", "SDA304"),
    "epoch-and-rank": ("[rank, epoch, worker_id]", "", ""),
    "epoch-and-get_rank": ("[torch.distributed.get_rank(), epoch, worker_id]", "", ""),
    "initial-seed": ("torch.initial_seed() % 2**32", "", ""),
}


@pytest.mark.parametrize(("seed", "line", "code"), RANKS.values(), ids=RANKS)
def test_ranks(findings, seed, line, code):
    texts = files(f"""\
{line}
{PHOTOS}
def main(rank):
    torch.distributed.init_process_group("nccl")
    for epoch in range(9):
        def start(worker_id):
            np.random.seed({seed})  #! {code}
        loader = DataLoader(Photos(), worker_init_fn=start)
""")
    assert findings(texts) == marked(texts)


def test_epoch_alone_is_fine_on_one_rank(findings):
    texts = files(f"""\
{PHOTOS}
def start(worker_id):
    np.random.seed([epoch, worker_id])

loader = DataLoader(Photos(), worker_init_fn=start)
""")
    assert findings(texts) == []


NUMPY = """
class Photos(Dataset):
    def __getitem__(self, index):
        return np.random.normal()  #! SDA102

"""

IDLE = {
    "never-passed-on": """
def worker_init_fn(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)  #! SDA305

loader = DataLoader(Photos(), num_workers=4)
""",
    "never-passed-on-and-wrong": """
def seed_worker(worker_id):
    np.random.seed(worker_id)  #! SDA302

loader = DataLoader(Photos(), num_workers=4)
""",
    "another-one-is-passed-on": """
def seed_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)  #! SDA305

loader = DataLoader(Photos(), worker_init_fn=None)
""",
    "mentioned-is-passed-on-perhaps": """
def seed_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)

OPTIONS = {}
OPTIONS["init"] = seed_worker
loader = DataLoader(Photos(), num_workers=4)
""",
    "no-loader-in-sight": """
def seed_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)
""",
    "seeds-random-only": """
def start(worker_id):
    random.seed(3 + worker_id)  #! SDA305

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "seeds-torch-only": """
def start(worker_id):
    torch.manual_seed(torch.initial_seed())  #! SDA305

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "seeds-numpy-besides": """
def start(worker_id):
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "seed-is-None": """
def start(worker_id, seed=None):
    if seed is not None:
        np.random.seed(seed + worker_id)  #! SDA305

loader = DataLoader(Photos(), worker_init_fn=start)
""",
    "seed-is-given": """
from functools import partial

def start(worker_id, seed=None):
    if seed is not None:
        np.random.seed(seed + worker_id)  #! SDA302

loader = DataLoader(Photos(), worker_init_fn=partial(start, seed=args.seed))
""",
}


@pytest.mark.parametrize("text", IDLE.values(), ids=IDLE)
def test_functions_without_effect(findings, text):
    texts = files(NUMPY + text)
    assert findings(texts) == marked(texts)


def test_seeding_random_is_no_mistake_where_samples_draw_from_it(findings):
    texts = files("""\
class Photos(Dataset):
    def __getitem__(self, index):
        return random.random()

def start(worker_id):
    random.seed(torch.initial_seed())

loader = DataLoader(Photos(), worker_init_fn=start)
""")
    assert findings(texts) == []


FIXES = {
    "constant": ("np.random.seed(42)", Fix("torch-seed")),
    "worker": ("np.random.seed(worker_id)", Fix("torch-seed")),
    "state-word": ("np.random.seed(np.random.get_state()[1][0])", Fix("torch-seed")),
    "random": ("random.seed(worker_id)", Fix("torch-seed")),
    "keyword": ("np.random.seed(seed=42)", None),
    "torch": ("torch.manual_seed(42)", None),
    "everything": ("seed_everything(42)", None),
}


@pytest.mark.parametrize(("seeding", "fix"), FIXES.values(), ids=FIXES)
def test_fixes_offered(report, seeding, fix):
    texts = files(f"""\
from pytorch_lightning import seed_everything
{PHOTOS}
def start(worker_id):
    {seeding}

loader = DataLoader(Photos(), worker_init_fn=start)
""")
    (one,) = report(texts).findings
    assert one.fix == fix
    assert "start" in one.message
