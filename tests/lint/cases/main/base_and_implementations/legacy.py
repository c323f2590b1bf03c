import cv2
import torch.utils.data as data

import base


class Unpaired(data.Dataset):
    def __init__(self, opt, a, b):
        self.opt, self.a, self.b = opt, a, b

    def __len__(self):
        return max(len(self.a), len(self.b))

    def __getitem__(self, i):
        one, two = cv2.imread(self.a[i % len(self.a)]), cv2.imread(self.b[i % len(self.b)])
        x, y = base.get_params(self.opt, one.shape[1::-1])
        s = self.opt.crop_size
        return one[y:y + s, x:x + s], two[y:y + s, x:x + s]
