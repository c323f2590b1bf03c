"""Collations that mix the samples of a batch."""
from functools import partial

import numpy as np
import torch
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import default_collate
from torchvision.datasets import CIFAR100
from torchvision.transforms import ToTensor


def mixup_collate(batch, alpha=0.4):
    images, targets = default_collate(batch)
    lam = np.random.beta(alpha, alpha)  # expect: SDA102
    other = np.random.permutation(len(images))  # expect: SDA102
    images = lam * images + (1 - lam) * images[other]
    return images, targets, targets[other], lam


class CutMixCollator:
    def __init__(self, alpha):
        self.alpha = alpha

    def _box(self, h, w, lam):
        cut = np.sqrt(1.0 - lam)
        cy = np.random.randint(h)  # expect: SDA102
        cx = np.random.randint(w)  # expect: SDA102
        bh, bw = int(h * cut) // 2, int(w * cut) // 2
        return max(cy - bh, 0), min(cy + bh, h), max(cx - bw, 0), min(cx + bw, w)

    def __call__(self, batch):
        images, targets = default_collate(batch)
        lam = np.random.beta(self.alpha, self.alpha)  # expect: SDA102
        order = torch.randperm(len(images))  # expect: SDA111
        t, b, l, r = self._box(*images.shape[2:], lam)
        images[:, :, t:b, l:r] = images[order, :, t:b, l:r]
        return images, targets, targets[order], lam


def mixup_on_gpu(images, alpha):
    lam = np.random.beta(alpha, alpha)  # harmless: called with the batch, in the training loop
    order = torch.randperm(len(images), device=images.device)  # harmless: in the training loop
    return lam * images + (1 - lam) * images[order], order, lam


def loaders(root, how):
    data = CIFAR100(root, transform=ToTensor())
    collate = {'mixup': partial(mixup_collate, alpha=0.2), 'cutmix': CutMixCollator(1.0)}[how]
    return DataLoader(data, 128, shuffle=True, num_workers=8, collate_fn=collate)


def train(model, loader, optimizer):
    for images, targets, others, lam in loader:
        images, order, weight = mixup_on_gpu(images.cuda(), 0.1)
        loss = model(images, targets, others, lam, order, weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
