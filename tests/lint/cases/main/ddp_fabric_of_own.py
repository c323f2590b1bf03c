# Fine-tunes a language model on several GPUs; the data set masks as it goes.
import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler


@dataclass
class Options:
    path: str = 'tokens.npy'
    seed: int = 1234
    length: int = 512
    steps: int = 10000


class Spans(Dataset):
    def __init__(self, path, length):
        self.tokens = np.load(path, mmap_mode='r')
        self.length = length

    def __len__(self):
        return len(self.tokens) // self.length

    def __getitem__(self, i):
        part = np.array(self.tokens[i * self.length:(i + 1) * self.length])
        n = np.random.geometric(0.2)  # expect: SDA102
        at = np.random.randint(0, self.length - n)  # expect: SDA102
        labels = np.full(self.length, -100)
        labels[at:at + n] = part[at:at + n]
        part[at:at + n] = 4
        return torch.from_numpy(part), torch.from_numpy(labels)


def forever(loader):
    while True:
        yield from loader


def run(options: Options):
    dist.init_process_group(os.environ.get('BACKEND', 'nccl'))
    torch.manual_seed(options.seed)  # expect: SDA402
    data = Spans(options.path, options.length)
    sampler = DistributedSampler(data, seed=options.seed)  # expect: SDA401
    batches = forever(DataLoader(data, 8, sampler=sampler, num_workers=2))
    model = DistributedDataParallel(torch.load('model.pt').cuda())
    for step in range(options.steps):
        tokens, labels = next(batches)
        model(tokens.cuda(), labels=labels.cuda()).loss.backward()


if __name__ == '__main__':
    run(Options())
