"""Faces and their landmarks, cropped together: mended.

Against landmarks_broken.py, three lines differ: the crop draws from `seedaug.rng()`, the generator
of the sample that is being made; the dataset is wrapped to give each sample its key; the loader
counts the epochs. Image and landmarks move together, for both follow from one draw.

(With landmarks as torchvision's `tv_tensors.KeyPoints`, `seedaug.RandomCrop` does that by itself.)

Run it: python examples/landmarks_mended.py
"""

import numpy as np
import torch
from torch.utils.data import Dataset

import seedaug

# Left eye, right eye, tip of the nose, corners of the mouth: (x, y) in a picture of 100 x 100.
LANDMARKS = np.array([[35, 40], [65, 40], [50, 58], [38, 74], [62, 74]], dtype=np.float32)


class Rescale:
    """Scale a sample's image to a square, and its landmarks with it."""

    def __init__(self, size):
        self.size = size

    def __call__(self, sample):
        image, landmarks = sample["image"], sample["landmarks"]
        height, width = image.shape[:2]
        rows = np.arange(self.size) * height // self.size
        columns = np.arange(self.size) * width // self.size
        landmarks = landmarks * [self.size / width, self.size / height]
        return {"image": image[rows][:, columns], "landmarks": landmarks}


class RandomCrop:
    """Cut a random square out of a sample's image, and move its landmarks along."""

    def __init__(self, size):
        self.size = size

    def __call__(self, sample):
        image, landmarks = sample["image"], sample["landmarks"]
        height, width = image.shape[:2]
        rng = seedaug.rng()
        top = rng.integers(0, height - self.size + 1)
        left = rng.integers(0, width - self.size + 1)
        image = image[top : top + self.size, left : left + self.size]
        return {"image": image, "landmarks": landmarks - [left, top]}


class ToTensor:
    """Arrays to tensors, the image with its channels first."""

    def __call__(self, sample):
        image = np.ascontiguousarray(sample["image"].transpose(2, 0, 1))
        landmarks = sample["landmarks"].astype(np.float32)
        return {"image": torch.from_numpy(image), "landmarks": torch.from_numpy(landmarks)}


class Chain:
    """One transform after another."""

    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, sample):
        for transform in self.transforms:
            sample = transform(sample)
        return sample


class FaceLandmarks(Dataset):
    """Sixteen photographs, all of one face in one place: equal landmarks are equal crops."""

    def __init__(self, transform=None):
        y, x = np.mgrid[0:100, 0:100]
        skin = ((x - 50) / 33) ** 2 + ((y - 52) / 42) ** 2 < 1
        self.photo = np.where(skin[..., None], [224, 180, 150], [40, 60, 90]).astype(np.uint8)
        for column, row in LANDMARKS.astype(int):
            self.photo[row - 2 : row + 3, column - 2 : column + 3] = 20
        self.transform = transform

    def __len__(self):
        return 16

    def __getitem__(self, index):
        sample = {"image": self.photo, "landmarks": LANDMARKS}
        return self.transform(sample) if self.transform else sample


def make_loader(num_workers=4):
    faces = FaceLandmarks(Chain([Rescale(512), RandomCrop(224), ToTensor()]))
    keyed = seedaug.SeededDataset(faces, seed=0)
    return seedaug.DataLoader(keyed, batch_size=4, num_workers=num_workers)


def crops_of(loader, epochs=3):
    """Where each crop was made, by the face's landmarks in it, in the order they came."""
    batches = [batch["landmarks"] for _ in range(epochs) for batch in loader]
    return [tuple(landmarks.flatten().tolist()) for landmarks in torch.cat(batches)]


def main():
    crops = crops_of(make_loader())
    same = crops == crops_of(make_loader(num_workers=0))
    print(f"distinct draws: {len(set(crops))} of {len(crops)}")
    print(f"    the same crops with 0 workers as with 4: {'yes' if same else 'no'}")


if __name__ == "__main__":
    main()
