import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from ops import corners, drop_points, monte_carlo_volume, noise_per_box, rotate


class Lidar(Dataset):
    def __init__(self, infos, training=True):
        self.infos = infos
        self.training = training

    def __len__(self):
        return len(self.infos)

    def __getitem__(self, i):
        info = self.infos[i]
        points = np.fromfile(info['bin'], np.float32).reshape(-1, 4)
        boxes = info['boxes'].copy()
        if self.training:
            points = rotate(drop_points(points, 0.1))
            boxes[:, :3] += noise_per_box(boxes, 0.25)
            points *= np.random.uniform(0.95, 1.05)  # expect: SDA102
        return torch.from_numpy(points), torch.from_numpy(corners(boxes))

    def evaluate(self, detections):
        return [monte_carlo_volume(d, 10000) for d in detections]


def build(infos):
    return DataLoader(Lidar(infos), batch_size=2, num_workers=4, collate_fn=lambda batch: batch)
