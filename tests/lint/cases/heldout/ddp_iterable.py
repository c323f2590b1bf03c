"""Shards by rank; each rank and worker reads its own, and all draw alike."""
import argparse
import os

import numpy as np
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class Shards(IterableDataset):
    def __init__(self, shards, rank, world, keep=0.5):
        self.shards = shards[rank::world]
        self.keep = keep

    def __iter__(self):
        info = get_worker_info()
        mine = self.shards[info.id::info.num_workers] if info else self.shards
        for shard in mine:
            rows = np.load(shard)
            chosen = np.random.random(len(rows)) < self.keep  # expect: SDA102
            yield from torch.from_numpy(rows[chosen])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', default=0, type=int)
    parser.add_argument('shards', nargs='+')
    args = parser.parse_args()
    dist.init_process_group('gloo')
    rank, world = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(args.seed)  # expect: SDA402
    loader = DataLoader(Shards(args.shards, rank, world), 64, num_workers=int(os.environ.get('WORKERS', 2)))
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(10, 1))
    for rows in loader:
        model(rows.float())


if __name__ == '__main__':
    main()
