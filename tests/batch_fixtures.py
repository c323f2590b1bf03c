"""Datasets, transforms and comparisons of the tests of batches that are made at once."""

import collections
import operator

import numpy as np
import torch
from torch.utils.data import Dataset, Subset, TensorDataset, default_collate

import seedaug
from seedaug.data import fused

COUNT, SIZE = 23, 20
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
Labelled = collections.namedtuple("Labelled", ["image", "label"])


def pictures(count=COUNT, height=SIZE, width=24, channels=3):
    keys = seedaug.keys(seed=5, index=range(count))
    words = seedaug.functional.words(keys, (channels, height, width // 4))
    return words.view(torch.uint8)


def full():
    return seedaug.Compose(
        [
            seedaug.RandomCrop(16, padding=2),
            seedaug.RandomHorizontalFlip(),
            seedaug.Normalize(MEAN, STD),
            seedaug.GaussianNoise(sigma=0.1, clip=False),
        ]
    )


class Items(Dataset):
    """Samples by a function of the index."""

    def __init__(self, make, count=COUNT):
        self.make, self.count = make, count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return self.make(index)


IMAGES, LABELS = pictures(), torch.arange(COUNT) * 3
RAGGED = [pictures(1, 18 + i % 5, 20 + 4 * (i % 3))[0] for i in range(COUNT)]


def pair(i):
    return IMAGES[i], int(LABELS[i])


def ragged(i):
    return RAGGED[i], int(LABELS[i])


def as_list(i):
    return [IMAGES[i], i]


def named(i):
    return Labelled(IMAGES[i], i)


def bare(i):
    return IMAGES[i]


def array(i):
    return IMAGES[i].permute(1, 2, 0).contiguous().numpy(), i


def grey_array(i):
    return IMAGES[i, 0].numpy(), i


def grey(i):
    return IMAGES[i, 0], i


def many_parts(i):
    return IMAGES[i], {"name": f"picture {i}", "box": torch.full((4,), i)}, str(i), None is i


def drawing(i):  # the same kind as the transform, and a number of the sample's own
    crop = seedaug.RandomCrop(19)(IMAGES[i])
    return crop, seedaug.rng().integers(1 << 30)


def drawing_unevenly(i):
    image = IMAGES[i]
    for _ in range(i % 3):
        image = seedaug.RandomHorizontalFlip()(image)
    return image, i


def mixed_dtypes(i):
    return (IMAGES[i] if i % 4 else IMAGES[i].half() / 255), i


def mixed_types(i):
    return (IMAGES[i] if i % 4 else array(i)[0]), i


def tv_image(i):
    from torchvision import tv_tensors

    return tv_tensors.Image(IMAGES[i]), i


def pil(i):
    from PIL import Image

    return Image.fromarray(array(i)[0]), i


def to_tensor(image):
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)


def brighten(image):
    return image // 2 + int(seedaug.rng().integers(60))


DATASETS = {
    "tensors": TensorDataset(IMAGES, LABELS),
    "tensors alone": TensorDataset(IMAGES),
    "a tensor": IMAGES,
    "clips": TensorDataset(IMAGES[:20].unflatten(0, (10, 2)), LABELS[:10]),
    "subset": Subset(Subset(TensorDataset(IMAGES, LABELS), range(2, COUNT)), [5, 0, 0, 7, 20, 1]),
    "subset of a tensor": Subset(IMAGES, [3, 1, 2, 2, 8, 0]),
    "float tensors": TensorDataset(IMAGES.float() / 255, LABELS),
    "strided tensors": TensorDataset(IMAGES.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)),
    **{
        make.__name__: Items(make)
        for make in (
            pair,
            ragged,
            as_list,
            named,
            bare,
            array,
            many_parts,
            drawing,
            drawing_unevenly,
            mixed_dtypes,
            tv_image,
        )
    },
}

OPEN = seedaug.Compose([seedaug.RandomCrop(16), seedaug.RandomHorizontalFlip()])

TRANSFORMS = {
    "full": full(),
    "one": seedaug.RandomCrop(16),
    "bytes": seedaug.Compose([seedaug.RandomCrop(17), seedaug.RandomVerticalFlip(p=0.3)]),
    "half, channels_last": seedaug.Compose(
        [full()], dtype=torch.float16, memory_format=torch.channels_last
    ),
    "called first": seedaug.Compose([brighten, seedaug.RandomHorizontalFlip(), brighten, full()]),
    "called last": seedaug.Compose([full(), operator.neg]),
}


def content(batch):
    """A batch with every tensor as bytes and shape, to compare by ==."""
    if isinstance(batch, torch.Tensor):
        return str(batch.dtype), [*batch.shape], batch.contiguous().numpy().tobytes()
    if isinstance(batch, np.ndarray):
        return str(batch.dtype), [*batch.shape], batch.tobytes()
    if isinstance(batch, dict):
        return {name: content(part) for name, part in batch.items()}
    if isinstance(batch, (list, tuple)):
        plain = isinstance(batch, tuple) and not hasattr(batch, "_fields")
        return "tuple" if plain else type(batch).__name__, [content(part) for part in batch]
    return batch


def one_by_one(dataset, indices):
    return default_collate([dataset[index] for index in indices])


def made_at_once(monkeypatch):
    """Counts the batches that need no sample of their own to be transformed."""
    wholes = []
    original = fused.BatchInMaking.whole

    def whole(self):
        wholes.append(original(self))
        return wholes[-1]

    monkeypatch.setattr(fused.BatchInMaking, "whole", whole)
    return wholes
