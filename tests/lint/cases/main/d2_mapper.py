import copy

import detectron2.data.transforms as T
import numpy as np
import torch
from detectron2.data import build_detection_train_loader
from detectron2.data import detection_utils as utils
from detectron2.engine import DefaultTrainer


class CopyPasteMapper:
    """Maps a record to what the model takes, and pastes parts of other records in."""

    def __init__(self, cfg, is_train=True, p=0.5, seed=0):
        self.is_train = is_train
        self.format = cfg.INPUT.FORMAT
        self.p = p
        self.rng = np.random.RandomState(seed)
        self.memory = []

    def paste(self, image, annotations):
        donor = self.memory[np.random.randint(len(self.memory))]  # expect: SDA102
        h, w = donor.shape[:2]
        y = self.rng.randint(0, max(1, image.shape[0] - h))  # expect: SDA101
        x = self.rng.randint(0, max(1, image.shape[1] - w))  # expect: SDA101
        image[y:y + h, x:x + w] = donor
        return image, annotations

    def __call__(self, record):
        record = copy.deepcopy(record)
        image = utils.read_image(record['file_name'], format=self.format)
        if self.is_train and self.memory and np.random.random() < self.p:  # expect: SDA102
            image, record['annotations'] = self.paste(image, record['annotations'])
        image, transforms = T.apply_transform_gens([T.RandomFlip()], image)
        self.memory = (self.memory + [image[:64, :64].copy()])[-20:]
        record['image'] = torch.as_tensor(np.ascontiguousarray(image.transpose(2, 0, 1)))
        return record


class Trainer(DefaultTrainer):
    @classmethod
    def build_train_loader(cls, cfg):
        return build_detection_train_loader(cfg, mapper=CopyPasteMapper(cfg))
