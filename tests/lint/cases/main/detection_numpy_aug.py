"""Augmentation of boxes and images, in plain NumPy and OpenCV."""
import cv2
import numpy as np
from numpy import random


def intersect(box_a, box_b):
    low = np.maximum(box_a[:, :2], box_b[:2])
    high = np.minimum(box_a[:, 2:], box_b[2:])
    side = np.clip(high - low, 0, np.inf)
    return side[:, 0] * side[:, 1]


class Compose(object):
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, img, boxes=None, labels=None):
        for t in self.transforms:
            img, boxes, labels = t(img, boxes, labels)
        return img, boxes, labels


class RandomSaturation(object):
    def __init__(self, lower=0.5, upper=1.5):
        self.lower = lower
        self.upper = upper

    def __call__(self, image, boxes=None, labels=None):
        if random.randint(2):  # expect: SDA102
            image[:, :, 1] *= random.uniform(self.lower, self.upper)  # expect: SDA102
        return image, boxes, labels


class SwapChannels(object):
    perms = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))

    def __call__(self, image, boxes=None, labels=None):
        if random.randint(2):  # expect: SDA102
            image = image[:, :, self.perms[random.randint(len(self.perms))]]  # expect: SDA102
        return image, boxes, labels


class Expand(object):
    def __init__(self, mean):
        self.mean = mean

    def __call__(self, image, boxes, labels):
        if random.randint(2):  # expect: SDA102
            return image, boxes, labels
        height, width, depth = image.shape
        ratio = random.uniform(1, 4)  # expect: SDA102
        left = random.uniform(0, width * ratio - width)  # expect: SDA102
        top = random.uniform(0, height * ratio - height)  # expect: SDA102
        canvas = np.zeros((int(height * ratio), int(width * ratio), depth), dtype=image.dtype)
        canvas[:] = self.mean
        canvas[int(top):int(top + height), int(left):int(left + width)] = image
        return canvas, boxes + (int(left), int(top)) * 2, labels


class ToGrey(object):
    def __call__(self, image, boxes=None, labels=None):
        return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], boxes, labels


class TrainAugmentation(object):
    def __init__(self, mean=(104, 117, 123)):
        self.augment = Compose([RandomSaturation(), SwapChannels(), Expand(mean), ToGrey()])

    def __call__(self, img, boxes, labels):
        return self.augment(img.astype(np.float32), boxes, labels)
