import cv2
import imgaug.augmenters as iaa
import imgaug.parameters as iap
import numpy as np
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import ImageFolder


def poisson_gaussian(image, sigma):
    buffer = np.zeros_like(image, dtype=np.float32)
    cv2.randn(buffer, 0, sigma)  # expect: SDA105
    return image + buffer


class Corrupt:
    def __init__(self):
        self.augmenter = iaa.OneOf([
            iaa.JpegCompression((50, 90)),
            iaa.MotionBlur(iap.Choice([3, 5, 7])),
        ])

    def __call__(self, image):
        image = np.asarray(image)
        images = self.augmenter.augment_images([image])  # expect: SDA105
        return poisson_gaussian(images[0].astype(np.float32), 3)


class Faces(Dataset):
    def __init__(self, images, boxes):
        self.images, self.boxes = images, boxes
        self.seq = iaa.Sequential([iaa.Fliplr(0.5), iaa.Crop(percent=(0, 0.1))])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = cv2.imread(self.images[i])
        fixed = self.seq.to_deterministic()  # expect: SDA105
        image = fixed.augment_image(image)  # allow: SDA105
        pixels = np.arange(16, dtype=np.int32)
        cv2.randShuffle(pixels, 2.0)  # expect: SDA105
        return image, self.boxes[i], pixels


def make(root):
    yield DataLoader(ImageFolder(root, Corrupt()), 32, num_workers=4)
    yield DataLoader(Faces([], []), 32, num_workers=4)


def preview(image):
    cv2.randn(image, 0, 10)  # harmless: a window of the main process
    cv2.imshow('preview', image)
    cv2.blur(image, (3, 3))
