import torch
import torch.distributed as dist
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from workers import EpochInit, RankedInit


class DistributedTrainer:
    def __init__(self, data, model, workers=4, seed=0):
        self.data, self.model, self.workers, self.seed = data, model, workers, seed
        self.epoch = 0
        self.sampler = DistributedSampler(data)  # harmless: set_epoch is called
        torch.manual_seed(seed + dist.get_rank())  # harmless: has the rank

    def loader(self, ranked):
        if ranked:
            init = RankedInit(self.seed, self.epoch, dist.get_rank())
        else:
            init = EpochInit(self.seed, self.epoch)
        return DataLoader(self.data, 16, sampler=self.sampler, num_workers=self.workers,
                          worker_init_fn=init)

    def _begin(self, worker_id):
        torch.manual_seed(self.seed + self.epoch * self.workers + worker_id)  # expect: SDA304

    def probe(self):
        return DataLoader(self.data, 1, num_workers=2, worker_init_fn=self._begin)

    def fit(self, epochs):
        for self.epoch in range(epochs):
            self.sampler.set_epoch(self.epoch)
            for batch in self.loader(self.epoch > 3):
                self.model(batch)
            for batch in self.probe():
                self.model(batch)
