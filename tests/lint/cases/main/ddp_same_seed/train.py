import argparse

import torch
import torch.distributed as dist
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from engine import fix_random, train_one_epoch
from lesions import Lesions


def main(args):
    dist.init_process_group(backend='nccl')
    torch.cuda.set_device(args.local_rank)
    fix_random(args.seed)  # expect: SDA402
    data = Lesions(torch.load('volumes.pt'))
    sampler = DistributedSampler(data, num_replicas=dist.get_world_size(), rank=dist.get_rank())  # harmless: set_epoch is called
    loader = DataLoader(data, 4, sampler=sampler, num_workers=4)
    model = torch.nn.parallel.DistributedDataParallel(torch.load('unet.pt').cuda())
    optimizer = torch.optim.AdamW(model.parameters())
    for epoch in range(args.epochs):
        loader.sampler.set_epoch(epoch)
        train_one_epoch(model, loader, optimizer, 'cuda')


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--local_rank', type=int)
    parser.add_argument('--seed', type=int, default=42)
    parser.add_argument('--epochs', type=int, default=100)
    main(parser.parse_args())
