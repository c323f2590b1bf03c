import numpy as np
from torch.utils.data import DataLoader

from windows import ByEpoch, ByGlobal, ByRng

series = list(np.load('series.npy'))
for kind in (ByRng, ByGlobal, ByEpoch):
    data = kind(series, 128)
    for epoch in range(5):
        data.epoch = epoch
        for batch in DataLoader(data, 32, shuffle=True, num_workers=2):
            print(kind.__name__, epoch, batch.shape)
