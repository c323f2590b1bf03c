import random

import numpy as np
import torch


def fix_random(seed):
    random.seed(seed)  # allow: SDA402
    np.random.seed(seed)  # allow: SDA402
    torch.manual_seed(seed)  # allow: SDA402


def train_one_epoch(model, loader, optimizer, device):
    for images, masks in loader:
        loss = model(images.to(device), masks.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
