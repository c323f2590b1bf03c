import torch
from torch.utils.data import DataLoader

from batching import Batcher, hashed

rows = [torch.arange(n) for n in range(5, 500)]
batcher = Batcher(128, seed=1)
loaders = [
    DataLoader(rows, 8, shuffle=True, num_workers=2, collate_fn=batcher),
    DataLoader(rows, 8, shuffle=True, num_workers=2, collate_fn=batcher.frozen),
    DataLoader(rows, 8, shuffle=True, num_workers=2, collate_fn=hashed),
]
print(batcher.report(rows))
for loader in loaders:
    for batch in loader:
        print(batch.shape)
