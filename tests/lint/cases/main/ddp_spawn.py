import argparse
import random

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torchvision
from torch.utils.data import DataLoader, Dataset


class Shapes(Dataset):
    def __init__(self, masks):
        self.masks = masks

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, i):
        mask = np.load(self.masks[i])
        mask = np.rot90(mask, np.random.randint(4))  # expect: SDA102
        return torch.from_numpy(np.roll(mask, np.random.randint(0, 64, 2), (0, 1)).copy())  # expect: SDA102


def worker(gpu, world, args):
    dist.init_process_group('nccl', init_method='tcp://127.0.0.1:29500', world_size=world, rank=gpu)
    torch.manual_seed(args.seed)  # expect: SDA402
    torch.cuda.set_device(gpu)
    data = Shapes(args.masks)
    sampler = torch.utils.data.distributed.DistributedSampler(data, world, gpu)  # expect: SDA401
    loader = DataLoader(data, args.batch_size, sampler=sampler, num_workers=args.workers)
    net = torchvision.models.segmentation.fcn_resnet50(num_classes=2).cuda()
    net = torch.nn.parallel.DistributedDataParallel(net, device_ids=[gpu])
    for epoch in range(args.epochs):
        for masks in loader:
            net(masks.cuda())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('masks', nargs='+')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--epochs', type=int, default=10)
    parser.add_argument('--batch-size', type=int, default=8)
    parser.add_argument('--workers', type=int, default=4)
    args = parser.parse_args()
    random.seed(args.seed)  # harmless: the process that spawns, which loads nothing
    world = torch.cuda.device_count()
    mp.spawn(worker, nprocs=world, args=(world, args))


if __name__ == '__main__':
    main()
