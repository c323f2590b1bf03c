"""Transforms and data sets below the bases of libraries."""
from typing import Any

import albumentations as A
import numpy as np
import torch
from detectron2.data.transforms import Augmentation, HFlipTransform, NoOpTransform
from mmdet.datasets import DATASETS, PIPELINES, CustomDataset
from streaming import StreamingDataset
from torchvision.datasets import CIFAR10
from torchvision.transforms import v2


class RandomFlipOnce(Augmentation):
    def __init__(self, prob=0.5):
        super().__init__()
        self.prob = prob

    def get_transform(self, image):
        if np.random.uniform(0, 1.0) < self.prob:  # expect: SDA102
            return HFlipTransform(image.shape[1])
        return NoOpTransform()


class ChannelDrop(v2.Transform):
    def __init__(self, seed):
        super().__init__()
        self.rng = np.random.default_rng(seed)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {'channel': int(self.rng.integers(3))}  # expect: SDA101

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        inpt[params['channel']] = np.random.rand()  # expect: SDA102
        return inpt


@PIPELINES.register_module()
class MinIoUCut:
    def __init__(self, ious=(0.1, 0.3, 0.5)):
        self.ious = (1, *ious, 0)

    def __call__(self, results):
        mode = np.random.choice(self.ious)  # expect: SDA102
        if mode == 1:
            return results
        h, w = results['img'].shape[:2]
        left, top = np.random.uniform(w * 0.7), np.random.uniform(h * 0.7)  # expect: SDA102
        results['img'] = results['img'][int(top):, int(left):]
        return results


@DATASETS.register_module()
class Harbour(CustomDataset):
    CLASSES = ('ship', 'buoy')

    def _filter_imgs(self, min_size=32):
        keep = super()._filter_imgs(min_size)
        np.random.RandomState(0).shuffle(keep)  # harmless: when it is made
        return keep

    def get_ann_info(self, idx):
        info = super().get_ann_info(idx)
        info['labels'] = np.random.permutation(info['labels'])  # expect: SDA102
        return info


class Streamed(StreamingDataset):
    def __getitem__(self, at):
        sample = super().__getitem__(at)
        start = np.random.randint(len(sample['tokens']) - 1024)  # expect: SDA102
        return torch.from_numpy(sample['tokens'][start:start + 1024])


class NoisyLabels(CIFAR10):
    def __init__(self, *args, share=0.2, **kwargs):
        super().__init__(*args, **kwargs)
        rng = np.random.RandomState(0)
        wrong = rng.rand(len(self.targets)) < share  # harmless: when it is made
        self.targets = np.where(wrong, rng.randint(0, 10, len(self.targets)), self.targets)  # harmless: when it is made

    def __getitem__(self, index):
        image, target = super().__getitem__(index)
        return image, target, np.random.random()  # expect: SDA102


def vignette(image, **kwargs):
    strength = np.random.triangular(0, 0.2, 1)  # expect: SDA102
    return (image * (1 - strength / 2)).astype(image.dtype)


augment = A.Compose([A.HorizontalFlip(), A.Lambda(image=vignette, p=0.3)])
