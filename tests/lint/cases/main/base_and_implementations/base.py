"""What all tasks share."""
import abc

import numpy as np
import torch.utils.data


class BaseDataset(torch.utils.data.Dataset, abc.ABC):
    def __init__(self, opt):
        self.opt = opt
        self.random = self.make_random()

    def make_random(self):
        return np.random.RandomState(self.opt.seed)

    @abc.abstractmethod
    def read(self, index): ...

    def __len__(self):
        return self.opt.size

    def __getitem__(self, index):
        item = self.read(index)
        params = self.get_params(item.shape)
        return self.finish(item, params)

    def get_params(self, shape):
        return {'flip': self.random.rand() > 0.5}  # expect: SDA101

    def finish(self, item, params):
        return item[:, ::-1] if params['flip'] else item


def get_params(opt, size):
    """Of the old data sets, which have no base."""
    w, h = size
    x = np.random.randint(0, max(0, w - opt.crop_size))  # expect: SDA102
    y = np.random.randint(0, max(0, h - opt.crop_size))  # expect: SDA102
    return x, y
