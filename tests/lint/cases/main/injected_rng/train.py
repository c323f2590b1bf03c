import glob

import numpy as np
from torch.utils.data import DataLoader

from config import SEED
from dataset import Bioacoustics, folds
from transforms import AddNoise, Gain, TimeMask

if __name__ == "__main__":
    generator = np.random.default_rng(SEED)
    files = glob.glob("recordings/*.flac")
    for k, fold in enumerate(folds(files)):
        steps = [Gain(), AddNoise(20, rng=generator), TimeMask(1600)]
        rest = [f for f in files if f not in fold]
        loader = DataLoader(Bioacoustics(rest, {}, steps), batch_size=32, num_workers=6)
        warm = generator.integers(0, 1000)  # harmless: main process
        print(k, len(loader), warm)
