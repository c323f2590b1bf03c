from dataclasses import dataclass

from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler


@dataclass
class DataInfo:
    loader: DataLoader
    sampler: DistributedSampler = None

    def set_epoch(self, epoch):
        if self.sampler is not None and isinstance(self.sampler, DistributedSampler):
            self.sampler.set_epoch(epoch)


def get_data(data, args):
    sampler = DistributedSampler(data) if args.distributed else None  # harmless: DataInfo calls set_epoch
    loader = DataLoader(data, args.batch_size, shuffle=sampler is None, sampler=sampler, num_workers=4)
    return DataInfo(loader, sampler)
