"""Training on pictures like CIFAR-10's on two ranks (DistributedDataParallel). Broken.

Three things at once, each often seen:
* every rank seeds itself alike, so that nothing tells the draws of one from those of the other;
* `worker_init_fn` seeds by the worker's number: the same numbers in every epoch, on every rank;
* the DistributedSampler is never told the epoch: every epoch has the same order.

Run it: python examples/ddp_broken.py
(or: torchrun --standalone --nproc-per-node=2 examples/ddp_broken.py)
"""

import os
import random

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.run import main as torchrun
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset, DistributedSampler

EPOCHS = 2


class Pictures(Dataset):
    """Pictures, uint8 [N, 3, 32, 32], and labels, int64 [N]."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return torch.from_numpy(augment(self.images[index])), self.labels[index]


def augment(image):
    """Crop with a padding of 4, flip, and change the brightness; float32 from 0 to 1.4."""
    padded = np.pad(image, ((0, 0), (4, 4), (4, 4)))
    top, left = np.random.randint(0, 9, size=2)
    crop = padded[:, top : top + 32, left : left + 32]
    if np.random.random() < 0.5:
        crop = crop[:, :, ::-1]
    return (crop * (np.random.uniform(0.6, 1.4) / 255)).astype(np.float32)


def made_up(count=256):
    """Pictures of ten classes, each a colour and a grating of its own, in noise; made here."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 10
    phase = (
        rng.uniform(0, 6.28, (count, 1, 1, 1))
        + np.arange(32) * (labels + 1)[:, None, None, None] / 5
    )
    colours = rng.uniform(80, 200, (10, 3, 1, 1))[labels]
    images = colours + 40 * np.sin(phase) + rng.normal(0, 20, (count, 3, 32, 32))
    return Pictures(images.clip(0, 255).astype(np.uint8), labels)


def one_picture(count=64):
    """One picture many times, so that equal pictures are equal draws; labelled by their indices."""
    image = np.random.default_rng(0).integers(0, 256, (1, 3, 32, 32), dtype=np.uint8)
    return Pictures(image.repeat(count, axis=0), np.arange(count))


def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def worker_init_fn(worker_id):
    np.random.seed(worker_id)


def make_loader(pictures=None):
    pictures = pictures or made_up()
    ranks = dist.get_world_size() if dist.is_initialized() else 1
    rank = dist.get_rank() if dist.is_initialized() else 0
    sampler = DistributedSampler(pictures, num_replicas=ranks, rank=rank, shuffle=True)
    return DataLoader(
        pictures, batch_size=8, sampler=sampler, num_workers=2, worker_init_fn=worker_init_fn
    )


def train(loader):
    """Train a small network; prints each epoch's mean loss on rank 0."""
    layers = nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten()
    model = DistributedDataParallel(nn.Sequential(*layers, nn.Linear(128, 10)))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(EPOCHS):
        losses = []
        for images, labels in loader:
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if dist.get_rank() == 0:
            print(f"epoch {epoch}: loss {np.mean(losses):.3f}")


def count(loader):
    """Print how many draws of all ranks and epochs differ, and whether the order does."""
    draws, orders = [], []
    for _ in range(EPOCHS):
        images, labels = (torch.cat(part) for part in zip(*loader, strict=True))
        draws += [image.numpy().tobytes() for image in images]
        orders.append(labels.tolist())
    gathered = [None] * dist.get_world_size()
    dist.all_gather_object(gathered, draws)
    if dist.get_rank() == 0:
        total, distinct = sum(map(len, gathered)), len(set().union(*gathered))
        same = "yes" if orders[0] == orders[1] else "no"
        print(f"distinct draws: {distinct} of {total}")
        print(f"    the second epoch has the first one's order: {same}")


def main():
    dist.init_process_group("gloo")
    torch.set_num_threads(1)
    set_seed(0)
    train(make_loader())
    count(make_loader(one_picture()))
    dist.destroy_process_group()


if __name__ == "__main__":
    if "RANK" in os.environ:
        main()
    else:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        torchrun(["--standalone", "--nproc-per-node=2", __file__])
