"""SDA401 and SDA402: epochs of distributed samplers, and one seed for all ranks."""

import pytest
from lint_fixtures import files, findings, marked, report

from seedaug.lint.findings import Fix, Place

__all__ = ["findings", "report"]

SAMPLER = "from torch.utils.data.distributed import DistributedSampler\n"

WRONG = {
    "script": """
sampler = DistributedSampler(photos)  #! SDA401
for epoch in range(3):
    train(loader)
""",
    "function": """
def main():
    sampler = DistributedSampler(photos)  #! SDA401
    loader = DataLoader(photos, sampler=sampler)
    for epoch in range(3):
        train(loader)
""",
    "whole-name": """
sampler = torch.utils.data.distributed.DistributedSampler(photos)  #! SDA401
for epoch in range(3):
    train(loader)
""",
    "renamed": """
from torch.utils.data.distributed import DistributedSampler as SharedSampler

sampler = SharedSampler(photos)  #! SDA401
for epoch in range(3):
    train(loader)
""",
    "shuffle-True": """
sampler = DistributedSampler(photos, num_replicas=2, rank=0, shuffle=True)  #! SDA401
for epoch in range(3):
    train(loader)
""",
    "shuffle-not-known": """
sampler = DistributedSampler(photos, shuffle=args.shuffle)  #! SDA401
for epoch in range(3):
    train(loader)
""",
    "in-the-loader's-call": """
loader = DataLoader(photos, sampler=DistributedSampler(photos))  #! SDA401
for epoch in range(3):
    train(loader)
""",
    "either": """
sampler = DistributedSampler(photos) if args.distributed else None  #! SDA401
for epoch in range(3):
    train(loader)
""",
    "attribute-of-trainer": """
class Trainer:
    def __init__(self, photos):
        self.sampler = DistributedSampler(photos)  #! SDA401

    def fit(self):
        for epoch in range(3):
            self.train()
""",
    "loop-by-its-range": """
sampler = DistributedSampler(photos)  #! SDA401
for e in range(args.epochs):
    train(loader)
""",
    "loop-over-steps": """
sampler = DistributedSampler(photos)  #! SDA401
batches = forever(DataLoader(photos, sampler=sampler))
for step in range(steps):
    train(next(batches))
""",
    "loop-in-other-file": """
import data

for epoch in range(3):
    train(data.loader(photos))
--- data.py
from torch.utils.data.distributed import DistributedSampler

def loader(photos):
    return DataLoader(photos, sampler=DistributedSampler(photos))  #! SDA401
""",
    "train-and-validation": """
train_sampler = DistributedSampler(train_set)  #! SDA401
val_sampler = DistributedSampler(val_set)
for epoch in range(3):
    train(loader)
""",
    "set_epoch-of-the-project's-own": """
class Photos(Dataset):
    def __getitem__(self, index):
        return index

    def set_epoch(self, epoch):
        self.epoch = epoch

photos = Photos()
sampler = DistributedSampler(photos)  #! SDA401
for epoch in range(3):
    photos.set_epoch(epoch)
""",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_no_set_epoch(findings, text):
    texts = files(SAMPLER + text)
    assert findings(texts) == marked(texts)


RIGHT = {
    "set_epoch": """
sampler = DistributedSampler(photos)
for epoch in range(3):
    sampler.set_epoch(epoch)
""",
    "set_epoch-through-loader": """
loader = DataLoader(photos, sampler=DistributedSampler(photos))
for epoch in range(3):
    loader.sampler.set_epoch(epoch)
""",
    "set_epoch-of-each": """
samplers = [DistributedSampler(one) for one in (photos, drawings)]
for epoch in range(3):
    for sampler in samplers:
        sampler.set_epoch(epoch)
""",
    "set_epoch-in-a-function": """
def train(loader, epoch):
    loader.sampler.set_epoch(epoch)

sampler = DistributedSampler(photos)
for epoch in range(3):
    train(loader, epoch)
""",
    "set_epoch-in-other-file": """
from engine import train

sampler = DistributedSampler(photos)
for epoch in range(3):
    train(loader, epoch)
--- engine.py
def train(loader, epoch):
    loader.sampler.set_epoch(epoch)
""",
    "sampler-in-other-file": """
import data

loader = data.loader(photos)
for epoch in range(3):
    loader.sampler.set_epoch(epoch)
--- data.py
from torch.utils.data.distributed import DistributedSampler

def loader(photos):
    return DataLoader(photos, sampler=DistributedSampler(photos))
""",
    "set_epoch-if-distributed": """
sampler = DistributedSampler(photos) if args.distributed else None
for epoch in range(3):
    if args.distributed:
        sampler.set_epoch(epoch)
""",
    "shuffle-False": """
sampler = DistributedSampler(photos, shuffle=False)
for epoch in range(3):
    train(loader)
""",
    "shuffle-False-by-position": """
sampler = DistributedSampler(photos, 2, 0, False)
for epoch in range(3):
    train(loader)
""",
    "validation-by-its-name": """
val_sampler = DistributedSampler(photos)
for epoch in range(3):
    train(loader)
""",
    "validation-by-its-data": """
sampler = DistributedSampler(test_set)
for epoch in range(3):
    train(loader)
""",
    "validation-attribute": """
class Trainer:
    def __init__(self, photos):
        self.eval_sampler = DistributedSampler(photos)

    def fit(self):
        for epoch in range(3):
            self.train()
""",
    "no-loop-over-epochs": """
sampler = DistributedSampler(photos)
for batch in DataLoader(photos, sampler=sampler):
    step(batch)
""",
    "other-sampler": """
from mylib import DistributedWeightedSampler

sampler = DistributedWeightedSampler(photos)
for epoch in range(3):
    train(loader)
""",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_nothing_to_set(findings, text):
    assert findings(files(SAMPLER + text)) == []


FRAMEWORKS = [
    "import pytorch_lightning as pl",
    "import lightning",
    "from accelerate import Accelerator",
    "from ignite.engine import Engine",
    "from composer import Trainer",
    "from mmengine.runner import Runner",
    "import detectron2",
    "from fastai.vision.all import *",
]


@pytest.mark.parametrize("line", FRAMEWORKS)
def test_frameworks_set_the_epoch_themselves(findings, line):
    assert findings(files(f"{line}\n{SAMPLER}{WRONG['function']}")) == []


def test_the_trainer_of_transformers_sets_the_epoch(findings):
    text = """\
from transformers import Trainer

class PhotoTrainer(Trainer):
    def get_train_dataloader(self):
        return DataLoader(photos, sampler=DistributedSampler(photos))

def report(history):
    for epoch in range(3):
        print(history[epoch])
"""
    assert findings(files(SAMPLER + text)) == []


def test_transformers_alone_sets_nothing(findings):
    texts = files(SAMPLER + "from transformers import AutoModel" + WRONG["function"])
    assert findings(texts) == marked(texts)


def test_the_fix_names_loop_sampler_and_epoch(report):
    texts = files(SAMPLER + "sampler = DistributedSampler(photos)\nfor ep in range(3):\n    pass\n")
    (one,) = report(texts).findings
    assert one.fix == Fix("set-epoch", Place("a.py", 7, 1, 8, 9), "sampler", "ep")
    assert one.related == ((Place("a.py", 7, 1, 8, 9), "the loop over epochs"),)


NOT_MENDED = {
    "in-the-loader's-call": "loader = DataLoader(photos, sampler=DistributedSampler(photos))\n"
    "for epoch in range(3):\n    pass\n",
    "either": "sampler = DistributedSampler(photos) if args.distributed else None\n"
    "for epoch in range(3):\n    pass\n",
    "two-of-the-name": "sampler = DistributedSampler(photos)\n"
    "sampler = DistributedSampler(photos)\n"
    "for epoch in range(3):\n    pass\n",
    "under-a-condition": "if args.distributed:\n    sampler = DistributedSampler(photos)\n"
    "for epoch in range(3):\n    pass\n",
    "made-after-the-loop-begins": "for epoch in range(3):\n"
    "    sampler = DistributedSampler(photos)\n",
    "two-loop-variables": "sampler = DistributedSampler(photos)\n"
    "for epoch, rate in enumerate(rates):\n    pass\n",
    "another-function": "def make():\n    sampler = DistributedSampler(photos)\n"
    "    return sampler\n"
    "for epoch in range(3):\n    pass\n",
}


@pytest.mark.parametrize("text", NOT_MENDED.values(), ids=NOT_MENDED)
def test_no_fix_where_the_loop_may_not_see_the_sampler(report, text):
    found = report(files(SAMPLER + text)).findings
    assert {(one.code, one.fix) for one in found} == {("SDA401", None)}


# Seeds of ranks

DRAWS = """
class Photos(Dataset):
    def __getitem__(self, index):
        return random.random()

"""

SEEDS = {
    "number": ("torch.manual_seed(0)", "SDA402"),
    "arguments": ("torch.manual_seed(args.seed)", "SDA402"),
    "helper": ("seed_all(args.seed)", "SDA402"),
    "library-helper": ("set_seed(args.seed)", "SDA402"),
    "rank": ("torch.manual_seed(args.seed + rank)", ""),
    "local-rank": ("torch.manual_seed(args.seed + args.local_rank)", ""),
    "get_rank": ("torch.manual_seed(args.seed + torch.distributed.get_rank())", ""),
    "environment": ("torch.manual_seed(int(os.environ['RANK']))", ""),
    "fresh": ("torch.manual_seed(int(time.time()))", ""),
    "numpy-alone": ("np.random.seed(args.seed)", ""),
    "random-alone": ("random.seed(args.seed)", ""),
    "cuda-alone": ("torch.cuda.manual_seed(args.seed)", ""),
    "under-rank": ("if rank == 0:\n        torch.manual_seed(0)", ""),
}


@pytest.mark.parametrize(("seeding", "code"), SEEDS.values(), ids=SEEDS)
def test_seeds_of_ranks(findings, seeding, code):
    texts = files(f"""\
import os, time
from transformers import set_seed
{DRAWS}
def seed_all(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)

def main(rank, args):
    torch.distributed.init_process_group("nccl")
    {seeding}  #! {code}
    model = torch.nn.parallel.DistributedDataParallel(net)
""")
    assert findings(texts) == marked(texts)


@pytest.mark.parametrize(
    ("draw", "code"),
    [("random.random()", "SDA402"), ("torch.rand(3)", "SDA402"), ("self.images[index]", "")],
)
def test_only_where_samples_draw_from_global_generators(findings, draw, code):
    texts = files(f"""\
class Photos(Dataset):
    def __getitem__(self, index):
        return {draw}

def main():
    torch.distributed.init_process_group("nccl")
    torch.manual_seed(0)  #! {code}
""")
    assert findings(texts) == marked(texts)


def test_transforms_of_torchvision_draw_too(findings):
    texts = files("""\
from torchvision import transforms

crop = transforms.RandomCrop(32)

def main():
    torch.distributed.init_process_group("nccl")
    torch.manual_seed(0)  #! SDA402
""")
    assert findings(texts) == marked(texts)


RANKS_RIGHT = {
    "one-process": """
def main():
    torch.manual_seed(0)
""",
    "parent-that-spawns": """
def worker(rank):
    torch.distributed.init_process_group("nccl")

def main():
    torch.manual_seed(0)
    torch.multiprocessing.spawn(worker, nprocs=4)
""",
    "lightning": """
import pytorch_lightning as pl

def main():
    torch.distributed.init_process_group("nccl")
    torch.manual_seed(0)
""",
    "sampler's-own-seed": """
def main():
    torch.distributed.init_process_group("nccl")
    sampler = torch.utils.data.distributed.DistributedSampler(photos, seed=0)
    sampler.set_epoch(1)
""",
}


@pytest.mark.parametrize("text", RANKS_RIGHT.values(), ids=RANKS_RIGHT)
def test_seeds_that_ranks_may_share(findings, text):
    assert findings(files(DRAWS + text)) == []


RANKS_WRONG = {
    "spawned": """
def worker(rank):
    torch.distributed.init_process_group("nccl")
    torch.manual_seed(0)  #! SDA402

def main():
    torch.multiprocessing.spawn(worker, nprocs=4)
""",
    "script": """
torch.distributed.init_process_group("nccl")
torch.manual_seed(0)  #! SDA402
""",
    "helper-in-other-file": """
from seeding import fix

def main():
    torch.distributed.init_process_group("nccl")
    fix()
--- seeding.py
def fix():
    torch.manual_seed(0)  #! SDA402
""",
    "helper-with-argument-in-other-file": """
from seeding import fix

def main(args):
    torch.distributed.init_process_group("nccl")
    fix(args.seed)  #! SDA402
--- seeding.py
def fix(seed):
    torch.manual_seed(seed)
""",
}


@pytest.mark.parametrize("text", RANKS_WRONG.values(), ids=RANKS_WRONG)
def test_one_seed_for_all_ranks(findings, text):
    texts = files(DRAWS + text)
    assert findings(texts) == marked(texts)
