import os
import random
import time
from functools import partial

import numpy as np
import torch
from numpy.random import seed as np_seed
from torch.utils.data import DataLoader
from torchvision.datasets import OxfordIIITPet
from torchvision.transforms import Compose, Resize, ToTensor, TrivialAugmentWide

BASE = int(os.environ.get('SEED', '17'))


def constant(worker_id):
    np_seed(BASE)  # expect: SDA301


def constant_torch(worker_id: int) -> None:
    torch.manual_seed(1)  # expect: SDA301


def constant_by_partial(worker_id, seed):
    random.seed(seed)  # expect: SDA301


def numbered(worker_id: int) -> None:
    np_seed(BASE + worker_id)  # expect: SDA302


def numbered_info(_):
    info = torch.utils.data.get_worker_info()
    random.seed(info.id)  # expect: SDA302


def state_word(worker_id):
    np_seed(np.random.get_state()[1][0] + worker_id)  # expect: SDA303


def state_word_dict(worker_id):
    words = np.random.get_state(legacy=False)['state']['key']
    np_seed(int(words[0]) + worker_id)  # expect: SDA303


def good(worker_id):
    seed = torch.initial_seed() % (2 ** 31)
    random.seed(seed)  # harmless: torch's seed
    np_seed(seed + worker_id)  # harmless: torch's seed


def good_info(worker_id):
    info = torch.utils.data.get_worker_info()
    np_seed([info.seed % 2 ** 32, info.id])  # harmless: torch's seed


def clock(worker_id):
    np_seed(int(time.time() * 1000) % 2 ** 32 + worker_id)  # harmless: the time


def system(worker_id):
    np_seed(int.from_bytes(os.urandom(4), 'big'))  # harmless: from the system


def threads_only(worker_id):
    torch.set_num_threads(1)


class Config:
    def __init__(self, seed):
        self.seed = seed

    def begin(self, worker_id):
        np.random.seed(self.seed)  # expect: SDA301


INITS = [
    constant, constant_torch, partial(constant_by_partial, seed=3), numbered, numbered_info, state_word,
    state_word_dict, good, good_info, clock, system, threads_only, Config(4).begin,
    lambda worker: np.random.seed(0),  # expect: SDA301
    lambda worker: np.random.seed(BASE * 100 + worker),  # expect: SDA302
    lambda worker: np.random.seed(np.random.get_state()[1][0] + worker),  # expect: SDA303
    lambda worker: np.random.seed((torch.initial_seed() + worker) % 2 ** 32),  # harmless: torch's seed
]


def loaders():
    data = OxfordIIITPet('pets', transform=Compose([Resize((64, 64)), TrivialAugmentWide(), ToTensor()]))
    for init in INITS:
        yield DataLoader(data, batch_size=16, num_workers=2, worker_init_fn=init)
