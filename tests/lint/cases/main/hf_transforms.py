"""Fine-tuning a vision transformer on a datasets.Dataset."""
import random

import numpy as np
import torch
from datasets import load_dataset
from transformers import Trainer, TrainingArguments, ViTForImageClassification, ViTImageProcessor

processor = ViTImageProcessor.from_pretrained('google/vit-base-patch16-224')
rng = np.random.default_rng(42)


def erase(array):
    h, w = array.shape[:2]
    y, x = rng.integers(0, h // 2), rng.integers(0, w // 2)  # expect: SDA101
    array[y:y + h // 4, x:x + w // 4] = 0
    return array


def train_transform(examples):
    arrays = [np.array(image.convert('RGB')) for image in examples['image']]
    arrays = [a[:, ::-1] if np.random.rand() < 0.5 else a for a in arrays]  # expect: SDA102
    if random.random() < 0.25:  # expect: SDA111
        arrays = [erase(a.copy()) for a in arrays]
    inputs = processor(arrays, return_tensors='pt')
    inputs['labels'] = examples['label']
    return inputs


def eval_transform(examples):
    inputs = processor(examples['image'], return_tensors='pt')
    inputs['labels'] = examples['label']
    return inputs


def jittered(examples):
    scale = np.random.uniform(0.9, 1.1)  # expect: SDA102
    examples['pixel_values'] = [torch.as_tensor(np.array(i) * scale) for i in examples['image']]
    return examples


data = load_dataset('food101')
splits = data['train'].train_test_split(test_size=0.1, seed=0)  # harmless: a split
picks = rng.choice(len(splits['train']), 1000, replace=False)  # harmless: a subset, main process
train = splits['train'].select(picks)
train.set_transform(train_transform)
splits['test'].set_transform(eval_transform)
jitter = data['validation'].with_transform(jittered)

trainer = Trainer(
    model=ViTForImageClassification.from_pretrained('google/vit-base-patch16-224'),
    args=TrainingArguments('out', dataloader_num_workers=4, remove_unused_columns=False),
    train_dataset=train,
    eval_dataset=splits['test'],
)
trainer.train()
