import functools
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Frames(Dataset):
    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        frames = np.load(self.files[i])
        start = np.random.randint(len(frames) - 8)  # expect: SDA102
        return torch.from_numpy(frames[start:start + 8])


def by_number(worker_id):
    np.random.seed(worker_id)  # expect: SDA302


def by_seed_and_number(worker_id, seed):
    worker_seed = seed + worker_id
    np.random.seed(worker_seed)  # expect: SDA302


def by_rank_too(worker_id, num_workers, rank, seed):
    worker_seed = num_workers * rank + worker_id + seed
    np.random.seed(worker_seed)  # expect: SDA302
    random.seed(worker_seed)  # allow: SDA302


def by_torch(worker_id):
    np.random.seed(torch.initial_seed() % 2 ** 32)  # harmless: differs by worker and by epoch


def by_epoch(worker_id, seed, epoch):
    np.random.seed(seed + 1000 * epoch + worker_id)  # harmless: worker and epoch, one process


def loaders(files, args):
    data = Frames(files)
    common = {'batch_size': args.batch, 'num_workers': args.workers}
    yield DataLoader(data, worker_init_fn=by_number, **common)
    yield DataLoader(data, worker_init_fn=functools.partial(by_seed_and_number, seed=args.seed), **common)
    init = functools.partial(by_rank_too, num_workers=args.workers, rank=0, seed=args.seed)
    yield DataLoader(data, worker_init_fn=init, **common)
    yield DataLoader(data, worker_init_fn=lambda k: np.random.seed(args.seed + k), **common)  # expect: SDA302
    yield DataLoader(data, worker_init_fn=by_torch, **common)


def train(files, args):
    for loader in loaders(files, args):
        for epoch in range(args.epochs):
            for batch in loader:
                print(batch.shape)
    for epoch in range(args.epochs):
        init = functools.partial(by_epoch, seed=args.seed, epoch=epoch)
        for batch in DataLoader(Frames(files), args.batch, worker_init_fn=init):
            print(epoch, batch.shape)
