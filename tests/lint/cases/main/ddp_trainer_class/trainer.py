import os
import random

import numpy as np
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler as DistSampler

from words import Words


def set_random_seed(seed, deterministic=False):
    random.seed(seed)  # allow: SDA402
    np.random.seed(seed)  # allow: SDA402
    torch.manual_seed(seed)  # allow: SDA402
    torch.cuda.manual_seed_all(seed)  # allow: SDA402
    if deterministic:
        torch.backends.cudnn.deterministic = True


class Trainer:
    def __init__(self, config):
        self.config = config
        dist.init_process_group('nccl')
        self.rank = dist.get_rank()
        set_random_seed(config['seed'])  # expect: SDA402
        self.train_loader = self.build(config['train'], train=True)
        self.val_loader = self.build(config['val'], train=False)

    def build(self, files, train):
        data = Words(files, train)
        if train:
            sampler = DistSampler(data, shuffle=True)  # expect: SDA401
        else:
            sampler = DistSampler(data, shuffle=False)  # harmless: a fixed order
        return DataLoader(data, self.config['batch'], sampler=sampler, num_workers=2)

    def fit(self, model):
        for epoch in range(self.config['epochs']):
            self.set_epoch(model, epoch)
            for batch in self.train_loader:
                model.step(batch)
            if self.rank == 0:
                torch.save(model.state_dict(), os.path.join('out', f'{epoch}.pt'))

    def set_epoch(self, model, epoch):
        model.learning_rate = 1e-3 * 0.9 ** epoch
