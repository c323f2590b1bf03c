import sys

import numpy as np
import torch

from parts import PartClouds
from utils import seed_all, worker_init_both, worker_init_fn, worker_init_good

seed_all(1)
data = PartClouds(sys.argv[1], 2048)
first = torch.utils.data.DataLoader(data, 32, True, num_workers=4, worker_init_fn=worker_init_fn)
second = torch.utils.data.DataLoader(data, 32, True, num_workers=4, worker_init_fn=worker_init_both)
third = torch.utils.data.DataLoader(data, 32, True, num_workers=4, worker_init_fn=worker_init_good)
fourth = torch.utils.data.DataLoader(
    data, 32, num_workers=4,
    worker_init_fn=lambda n: np.random.seed(np.random.get_state()[1][0] + n))  # expect: SDA303
for loader in (first, second, third, fourth):
    for batch in loader:
        print(batch.mean())
state = np.random.get_state()  # harmless: kept for later, in the main process
print('seeded with', state[1][0])
