import cv2
import numpy as np
from torch.utils.data import Dataset


class Words(Dataset):
    """Pictures of handwritten words."""

    def __init__(self, files, train):
        self.files, self.train = files, train

    def __len__(self):
        return len(self.files)

    def slant(self, image):
        shear = np.random.uniform(-0.3, 0.3)  # expect: SDA102
        h, w = image.shape[:2]
        return cv2.warpAffine(image, np.float32([[1, shear, 0], [0, 1, 0]]), (w, h))

    def __getitem__(self, i):
        image = cv2.imread(self.files[i], 0)
        return self.slant(image) if self.train else image
