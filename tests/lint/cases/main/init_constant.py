import random

import numpy as np
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

from torchvision import transforms

SEED = 2019


def same_for_all(worker_id):
    np.random.seed(SEED)  # expect: SDA301


def _init_fn(worker_id):
    random.seed(12)  # expect: SDA301


class Experiment:
    def __init__(self, args):
        self.seed = args.seed
        self.args = args

    def init_worker(self, _):
        np.random.seed(self.seed)  # expect: SDA301

    def loaders(self, root):
        data = ImageFolder(root, transforms.Compose([transforms.RandomCrop(200), transforms.ToTensor()]))
        kwargs = dict(batch_size=self.args.batch_size, num_workers=4, pin_memory=True)
        yield DataLoader(data, shuffle=True, worker_init_fn=self.init_worker, **kwargs)
        yield DataLoader(data, worker_init_fn=same_for_all, **kwargs)
        yield DataLoader(data, worker_init_fn=_init_fn, **kwargs)
        yield DataLoader(data, worker_init_fn=lambda w: torch.manual_seed(0), **kwargs)  # expect: SDA301
        yield DataLoader(data, worker_init_fn=lambda _: np.random.seed(self.seed), **kwargs)  # expect: SDA301


def run(args):
    random.seed(SEED)  # harmless: main process
    np.random.seed(SEED)  # harmless: main process
    torch.manual_seed(SEED)  # harmless: main process
    torch.cuda.manual_seed_all(SEED)  # harmless: main process
    for loader in Experiment(args).loaders(args.root):
        for images, labels in loader:
            print(images.mean(), labels)
