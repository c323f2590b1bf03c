import numpy as np
from torch.utils.data import DataLoader

from data_tools import batch_by_size
from masked import AppendNoise, MaskTokens


def iterate(rows, epochs):
    data = MaskTokens(AppendNoise(rows, 8))
    for epoch in range(epochs):
        data.set_epoch(epoch)
        batches = batch_by_size([len(r) for r in rows], 4096, seed=epoch)
        for batch in DataLoader(data, batch_sampler=batches, num_workers=2, collate_fn=list):
            yield batch


if __name__ == '__main__':
    rows = [np.random.randint(0, 50000, 30) for _ in range(100)]  # harmless: made-up, main process
    print(sum(1 for _ in iterate(rows, 2)))
