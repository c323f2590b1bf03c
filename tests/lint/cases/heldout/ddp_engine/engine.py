import torch
import torch.distributed as dist
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from contours import Contours, worker_start


class Engine:
    def __init__(self, folder, seed=99):
        if not dist.is_initialized():
            dist.init_process_group('nccl')
        torch.manual_seed(seed)  # expect: SDA402
        self.data = Contours(folder)
        self.model = torch.nn.parallel.DistributedDataParallel(torch.nn.LazyLinear(2).cuda())

    def loader(self):
        sampler = DistributedSampler(dataset=self.data, shuffle=True, drop_last=True)  # expect: SDA401
        return DataLoader(self.data, 8, sampler=sampler, num_workers=4)

    def probe(self):
        return DataLoader(self.data, 8, num_workers=1, worker_init_fn=worker_start)

    def run(self, epochs):
        loader = self.loader()
        for epoch in range(epochs):
            for batch in loader:
                self.model(batch.flatten(1).cuda())
        for batch in self.probe():
            self.model(batch.flatten(1).cuda())


if __name__ == '__main__':
    Engine('contours').run(50)
