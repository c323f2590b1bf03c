import random

import cv2
import numpy as np
from torch.utils.data import Dataset


def salt_and_pepper(img, share):
    field = np.empty(img.shape[:2], np.uint8)
    cv2.randu(field, 0, 255)  # expect: SDA105
    img[field < 255 * share / 2] = 0
    img[field > 255 * (1 - share / 2)] = 255
    return img


class SensorNoise:
    def __init__(self, most=20):
        self.most = most

    def __call__(self, img):
        noise = np.zeros(img.shape, np.int16)
        sigma = np.random.uniform(1, self.most)  # expect: SDA102
        cv2.randn(noise, (0, 0, 0), (sigma, sigma, sigma))  # expect: SDA105
        return np.clip(img.astype(np.int16) + noise, 0, 255).astype(np.uint8)


class Plates(Dataset):
    """Number plates, with what cameras do to them."""

    def __init__(self, files, texts):
        self.files, self.texts = files, texts
        self.noise = SensorNoise()

    def __len__(self):
        return len(self.files)

    def shuffled_background(self, shape):
        rows = np.arange(256, dtype=np.uint8).reshape(-1, 1)
        cv2.randShuffle(rows)  # expect: SDA105
        return cv2.resize(rows, shape[1::-1])

    def __getitem__(self, i):
        plate = cv2.imread(self.files[i])
        if random.random() < .3:  # expect: SDA111
            plate = cv2.addWeighted(plate, .8, cv2.merge([self.shuffled_background(plate.shape)] * 3), .2, 0)
        return salt_and_pepper(self.noise(plate), 0.01), self.texts[i]


def demo():
    canvas = np.zeros((100, 300, 3), np.uint8)
    cv2.randu(canvas, (0, 0, 0), (255, 255, 255))  # harmless: a demo in the main process
    cv2.imshow('noise', salt_and_pepper(canvas, .1))
    cv2.waitKey()


if __name__ == '__main__':
    demo()
