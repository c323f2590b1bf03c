"""All ranks agree on a seed, for the order, and then seed with it as it is."""
import numpy as np
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, Dataset, DistributedSampler


class Tones(Dataset):
    def __init__(self, n, noise=0.1):
        self.n, self.noise = n, noise

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        wave = np.sin(np.arange(16000) * (i + 1) / 1000)
        return wave + np.random.normal(0, self.noise, 16000)  # expect: SDA102


def shared_seed():
    seed = torch.tensor(np.random.randint(2 ** 31)).cuda()  # harmless: main process
    dist.broadcast(seed, src=0)
    return seed.item()


def main():
    dist.init_process_group('nccl')
    seed = shared_seed()
    torch.manual_seed(seed)  # expect: SDA402
    data = Tones(10000)
    sampler = DistributedSampler(data, seed=seed)  # harmless: set_epoch is called
    loader = DataLoader(data, 16, sampler=sampler, num_workers=4, persistent_workers=True)
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(16000, 2).cuda())
    epoch = 0
    while epoch < 10:
        sampler.set_epoch(epoch)
        for wave in loader:
            model(wave.float().cuda())
        epoch += 1


main()
