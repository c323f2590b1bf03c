import cv2
import numpy as np
from torch.utils.data import Dataset


class Lanes(Dataset):
    def __init__(self, files):
        self.files = files

    def __len__(self):
        return len(self.files)

    def _jitter(self, image):
        gamma, bias = np.random.uniform(0.5, 2), np.random.normal(0, 5)  # expect: SDA102
        return 255 * (image / 255) ** gamma + bias

    def __getitem__(self, i):
        return self._jitter(cv2.imread(self.files[i]).astype(np.float32))
