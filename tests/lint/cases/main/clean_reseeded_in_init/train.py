import numpy as np
import torch
from torch.utils.data import DataLoader

from videos import Videos, seed_dataset


def main():
    generator = torch.Generator()
    generator.manual_seed(0)  # harmless: the loader's order and base seed
    data = Videos(np.load('videos.npy', mmap_mode='r'), 16)
    loader = DataLoader(data, 4, shuffle=True, num_workers=4, worker_init_fn=seed_dataset,
                        generator=generator)
    for epoch in range(10):
        for clip in loader:
            print(epoch, clip.shape)


if __name__ == '__main__':
    main()
