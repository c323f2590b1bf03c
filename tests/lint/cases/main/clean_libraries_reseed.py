"""Transforms of libraries that seed their own generators in each worker."""
import albumentations as A
import numpy as np
import torchio as tio
from albumentations.pytorch import ToTensorV2
from monai.transforms import MapTransform, Randomizable, RandomizableTransform
from torch.utils.data import Dataset


class RandScaleCT(RandomizableTransform):
    def __init__(self, low, high, prob=0.5):
        RandomizableTransform.__init__(self, prob)
        self.low, self.high = low, high
        self.factor = 1.0

    def randomize(self, data=None):
        super().randomize(None)
        self.factor = self.R.uniform(self.low, self.high)  # harmless: MONAI seeds self.R in workers

    def __call__(self, img):
        self.randomize()
        return img * self.factor if self._do_transform else img


class RandPasteD(Randomizable, MapTransform):
    def __init__(self, keys):
        super().__init__(keys)

    def randomize(self, n):
        self.at = self.R.randint(n)  # harmless: MONAI seeds self.R in workers

    def __call__(self, data):
        data = dict(data)
        for key in self.keys:
            self.randomize(data[key].shape[-1])
            data[key] = np.roll(data[key], self.at, -1)
        return data


class Streaks(A.ImageOnlyTransform):
    def apply(self, img, row=0, **params):
        img = img.copy()
        img[row] = 255
        return img

    def get_params_dependent_on_data(self, params, data):
        if self.py_random.random() < 0.5:  # harmless: Albumentations seeds it in workers
            return {'row': 0}
        return {'row': int(self.random_generator.integers(params['shape'][0]))}  # harmless: the same


class Scans(Dataset):
    def __init__(self, scans):
        self.scans = scans
        self.aug = A.Compose([Streaks(p=0.3), A.RandomBrightnessContrast(), ToTensorV2()])
        self.ct = RandScaleCT(0.9, 1.1)
        self.noise = tio.RandomNoise()

    def __len__(self):
        return len(self.scans)

    def __getitem__(self, i):
        return self.aug(image=self.ct(self.scans[i]))['image']  # harmless: libraries that seed theirs
