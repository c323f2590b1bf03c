import torch
import torch.distributed as dist

import maps
from config import arguments


def main():
    options = arguments()
    dist.init_process_group('nccl')
    torch.manual_seed(options.seed)  # expect: SDA402
    net = torch.nn.parallel.DistributedDataParallel(torch.nn.Conv2d(1, 1, 3).cuda())
    loader = maps.make(options, 'train', True)
    for epoch in range(20):
        for batch in loader:
            net(batch[:, None].cuda())
        for part in maps.probe(options, epoch):
            for batch in part:
                net(batch[:, None].cuda())


if __name__ == '__main__':
    main()
