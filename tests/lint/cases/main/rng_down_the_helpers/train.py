import numpy as np
from torch.utils.data import DataLoader

from src.data import Leaves


def main():
    images, labels = np.load('leaves.npz').values()
    rng = np.random.default_rng(8)
    order = rng.permutation(len(images))  # harmless: main process
    data = Leaves(images[order], labels[order], seed=int(rng.integers(1000)))  # harmless: main process
    for batch, label in DataLoader(data, batch_size=16, num_workers=4):
        print(batch.shape, label)


if __name__ == '__main__':
    main()
