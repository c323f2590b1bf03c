import torch
from torch.utils.data import DataLoader, Dataset

from .augment import TwoViews, default_views


class Series(Dataset):
    def __init__(self, array, views):
        self.array = array
        self.views = views

    def __len__(self):
        return len(self.array)

    def __getitem__(self, item):
        a, b = self.views(self.array[item])
        return torch.as_tensor(a.copy()), torch.as_tensor(b.copy())


def build_loader(array, batch_size=64, workers=4):
    return DataLoader(Series(array, TwoViews(default_views())), batch_size, True, num_workers=workers)
