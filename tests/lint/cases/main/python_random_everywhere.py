import math
import random
from random import choice, gauss, uniform

import torch
from PIL import Image, ImageEnhance, ImageFilter
from torch.utils.data import Dataset
from torchvision.transforms import functional as F


class RandomErasing(object):
    def __init__(self, p=0.5, area=(0.02, 0.4), ratio=0.3):
        self.p, self.area, self.ratio = p, area, ratio

    def __call__(self, img):
        if random.uniform(0, 1) > self.p:  # expect: SDA111
            return img
        for _ in range(100):
            target = random.uniform(*self.area) * img.size(1) * img.size(2)  # expect: SDA111
            ratio = uniform(self.ratio, 1 / self.ratio)  # expect: SDA111
            h, w = int(round(math.sqrt(target * ratio))), int(round(math.sqrt(target / ratio)))
            if h < img.size(1) and w < img.size(2):
                y = random.randint(0, img.size(1) - h)  # expect: SDA111
                x = random.randint(0, img.size(2) - w)  # expect: SDA111
                img[:, y:y + h, x:x + w] = torch.rand(img.size(0), h, w)  # expect: SDA111
                return img
        return img


class Blur(object):
    def __call__(self, img):
        return img.filter(ImageFilter.GaussianBlur(abs(gauss(0, 1))))  # expect: SDA111


class Pedestrians(Dataset):
    def __init__(self, by_person):
        self.people = sorted(by_person)
        self.by_person = by_person
        random.shuffle(self.people)  # harmless: once, when it is made
        self.erase, self.blur = RandomErasing(), Blur()

    def __len__(self):
        return len(self.people)

    def __getitem__(self, i):
        anchor, positive = random.sample(self.by_person[self.people[i]], 2)  # expect: SDA111
        other = choice(self.people)  # expect: SDA111
        negative = self.by_person[other][0]
        images = [self.blur(Image.open(f)) for f in (anchor, positive, negative)]
        images = [ImageEnhance.Color(image).enhance(1.1) for image in images]
        return [self.erase(F.to_tensor(image)) for image in images]


def epoch_sample(people, k):
    return random.sample(people, k)  # harmless: called by the training script, once an epoch
