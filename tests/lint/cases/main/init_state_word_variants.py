import random

import numpy as np
import torch
from numpy.random import get_state, seed
from torch.utils.data import DataLoader
from torchvision.datasets import Flowers102
from torchvision.transforms import Compose, RandAugment, ToTensor


def first(worker_id):
    worker_seed = np.random.get_state()[1][0] + worker_id
    np.random.seed(worker_seed)  # expect: SDA303


def second(worker_id):
    kind, words, *_ = np.random.get_state()
    np.random.seed((int(words[0]) + worker_id) % 2 ** 32)  # expect: SDA303


def third(k):
    seed(get_state()[1][0] + 10 * k)  # expect: SDA303


class Loaders:
    @staticmethod
    def start(worker_id):
        return np.random.seed(np.random.get_state()[1][0])  # expect: SDA303

    @staticmethod
    def restore(worker_id):
        state = np.random.get_state()
        torch.randperm(8)  # allow: SDA111
        np.random.set_state(state)  # harmless: puts back what torch had set

    def __iter__(self):
        data = Flowers102('flowers', transform=Compose([RandAugment(), ToTensor()]))
        for init in (first, second, third, self.start, self.restore):
            yield DataLoader(data, 16, num_workers=2, worker_init_fn=init)


before = np.random.get_state()  # harmless: main process
random.seed(int(before[1][0]))  # harmless: main process
for loader in Loaders():
    print(len(loader))
np.random.set_state(before)  # harmless: main process
