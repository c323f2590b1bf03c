"""Two loaders, labelled and not, on every GPU."""
import itertools
import os

import numpy as np
import torch
import torch.distributed as dist
import torchvision.transforms as T
from torch.utils.data import DataLoader, DistributedSampler
from torchvision.datasets import STL10


class Cutout:
    def __init__(self, size):
        self.size = size

    def __call__(self, x):
        y, z = np.random.randint(0, 96 - self.size, 2)  # expect: SDA102
        x[:, y:y + self.size, z:z + self.size] = 0
        return x


SEED = 5
aug = T.Compose([T.ToTensor(), Cutout(24)])

if __name__ == '__main__':
    dist.init_process_group(backend='nccl', init_method='env://')
    rank = int(os.environ['RANK'])
    torch.manual_seed(SEED)  # expect: SDA402
    labelled = STL10('stl', 'train', transform=aug)
    unlabelled = STL10('stl', 'unlabeled', transform=aug)
    first = DistributedSampler(labelled)  # expect: SDA401
    second = DistributedSampler(unlabelled, rank=rank, drop_last=True)  # expect: SDA401
    loaders = (
        DataLoader(labelled, 16, sampler=first, num_workers=2),
        DataLoader(unlabelled, 112, sampler=second, num_workers=6),
    )
    model = torch.nn.parallel.DistributedDataParallel(torch.load('start.pt').cuda())
    for epoch in range(100):
        for (x, y), (u, _) in zip(itertools.cycle(loaders[0]), loaders[1]):
            model(x.cuda()), model(u.cuda())
