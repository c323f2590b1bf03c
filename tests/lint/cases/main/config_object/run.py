import sys

import numpy as np
from torch.utils.data import DataLoader

import settings
from sketches import Sketches

settings.init(int(sys.argv[1]))
strokes = np.load(settings.cfg.root + '/cat.npy', allow_pickle=True)
for batch in DataLoader(Sketches(strokes), 1, num_workers=3):
    temperature = settings.cfg.rng.uniform(0.1, 1)  # harmless: training loop
    print(batch.shape, temperature)
