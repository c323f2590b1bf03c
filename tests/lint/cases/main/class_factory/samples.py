"""What becomes of them. Uses the generator, and the global one."""
import numpy as np
from torch.utils.data import Dataset

from colour import colour_aug


class Centres(Dataset):
    def _border(self, border, size):
        i = 1
        while size - border // i <= border // i:
            i *= 2
        return border // i

    def __getitem__(self, index):
        image = self.load(index)
        border = self._border(128, image.shape[0])
        y = np.random.randint(low=border, high=image.shape[0] - border)  # expect: SDA102
        image = image[max(0, y - 64):y + 64].astype(np.float32)
        colour_aug(self._data_rng, image, self._eig)
        return image
