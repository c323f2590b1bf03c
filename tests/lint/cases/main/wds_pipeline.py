import random

import numpy as np
import webdataset as wds
from functools import partial

from torchvision import transforms as T

to_tensor = T.ToTensor()
state = np.random.RandomState(0)


def pick_caption(text):
    return random.choice(text.split('\n'))  # expect: SDA111


def degrade(image, most):
    image = np.asarray(image, dtype=np.float32)
    sigma = np.random.uniform(0, most)  # expect: SDA102
    return image + sigma * np.random.standard_normal(image.shape)  # expect: SDA102


def drop_caption(sample, p=0.1):
    image, caption = sample
    return image, '' if state.uniform() < p else caption  # expect: SDA101


def not_too_small(sample):
    return min(sample['json']['width'], sample['json']['height']) >= 256


def make_loader(shards, batch, workers):
    dataset = (
        wds.WebDataset(shards, resampled=True)
        .shuffle(1000)
        .decode('pil')
        .select(not_too_small)
        .to_tuple('jpg', 'txt')
        .map_tuple(partial(degrade, most=8), pick_caption)
        .map(drop_caption)
        .map(lambda pair: (to_tensor(pair[0]) * np.random.uniform(0.9, 1.1), pair[1]))  # expect: SDA102
        .batched(batch)
    )
    return wds.WebLoader(dataset, batch_size=None, num_workers=workers)


def list_shards(folder, n, seed):
    chosen = np.random.default_rng(seed).choice(4096, n)  # harmless: which shards, main process
    return [f'{folder}/{k:05d}.tar' for k in chosen]
