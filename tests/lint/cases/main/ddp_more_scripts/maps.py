import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler


class Maps(Dataset):
    def __init__(self, folder, split):
        self.maps = np.load(f'{folder}/{split}.npy', mmap_mode='r')

    def __len__(self):
        return len(self.maps)

    def __getitem__(self, i):
        y, x = np.random.randint(0, 64, 2)  # expect: SDA102
        return torch.from_numpy(self.maps[i][y:y + 64, x:x + 64].copy())


def make(options, split, train):
    data = Maps(options.data, split)
    sampler = DistributedSampler(data, options.world, options.rank)  # expect: SDA401
    return DataLoader(data, 16, sampler=sampler, drop_last=train, num_workers=4)


def seed_workers(worker_id, epoch):
    np.random.seed(epoch * 100 + worker_id)  # expect: SDA304


def constant_workers(worker_id):
    np.random.seed(11)  # expect: SDA301


def probe(options, epoch):
    data = Maps(options.data, 'probe')
    first = DataLoader(data, 16, num_workers=4, worker_init_fn=lambda k: seed_workers(k, epoch))
    second = DataLoader(data, 16, num_workers=4, worker_init_fn=constant_workers)
    return first, second
