import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from rand.manager import manager, shared


class Pages(Dataset):
    """Scanned pages; some turned over."""

    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        page = Image.open(self.files[i]).convert('L')
        if manager.chance(0.5):
            page = page.rotate(180)
        angle = shared.normal(0, 2)  # expect: SDA101
        page = page.rotate(angle, fillcolor=255)
        return torch.from_numpy(np.asarray(page, np.float32) / 255)


if __name__ == '__main__':
    import glob

    files = glob.glob('pages/*.png')
    shared.shuffle(files)  # harmless: main process
    print(len(DataLoader(Pages(files), 4, num_workers=2)))
