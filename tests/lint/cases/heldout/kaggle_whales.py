import os
import random

import albumentations as A
import cv2
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm


class CFG:
    seed = 42
    size = 512
    folds = 4
    workers = 4
    batch = 32


def seed_torch(seed=42):
    random.seed(seed)  # harmless: main process
    os.environ['PYTHONHASHSEED'] = str(seed)
    np.random.seed(seed)  # harmless: main process
    torch.manual_seed(seed)  # harmless: main process
    torch.cuda.manual_seed(seed)  # harmless: main process


seed_torch(CFG.seed)


class Whales(Dataset):
    def __init__(self, df, transform=None, mode='train'):
        self.df = df.reset_index(drop=True)
        self.transform = transform
        self.mode = mode
        self.by_whale = df.groupby('whale').groups

    def __len__(self):
        return len(self.df)

    def get(self, i):
        image = cv2.imread(f'train/{self.df.image[i]}')
        if self.transform is not None:
            image = self.transform(image=image)['image']
        return image

    def __getitem__(self, i):
        if self.mode != 'train':
            return self.get(i)
        if np.random.rand() < 0.5:  # expect: SDA102
            j = np.random.choice(self.by_whale[self.df.whale[i]])  # expect: SDA102
            return self.get(i), self.get(j), 1.0
        while True:
            j = np.random.randint(len(self.df))  # expect: SDA102
            if self.df.whale[j] != self.df.whale[i]:
                return self.get(i), self.get(j), 0.0


class Net(nn.Module):
    def forward(self, a, b):
        if self.training and np.random.rand() < 0.5:  # harmless: model code
            a, b = b, a
        return (a - b).abs().mean((1, 2, 3))


def fold(df):
    df['fold'] = np.random.randint(0, CFG.folds, len(df))  # harmless: folds
    return df


df = fold(pd.read_csv('train.csv'))
train = A.Compose([A.RandomResizedCrop(CFG.size, CFG.size), A.HorizontalFlip(), A.Normalize()])
for k in range(CFG.folds):
    loader = DataLoader(Whales(df[df.fold != k], train), CFG.batch, shuffle=True, num_workers=CFG.workers)
    net = Net()
    for a, b, target in tqdm(loader):
        if random.random() < 0.5:  # harmless: training loop
            a = a.flip(-1)
        print(net(a, b), target)
