import cv2
import numpy as np
from torch.utils.data import Dataset

from pipeline import Pipeline


class CustomDataset(Dataset):
    CLASSES = None

    def __init__(self, infos, pipeline, test_mode=False):
        self.infos = infos
        self.pipeline = Pipeline(pipeline)
        self.test_mode = test_mode
        self.flag = np.zeros(len(infos), dtype=np.uint8)

    def __len__(self):
        return len(self.infos)

    def _rand_another(self, idx):
        pool = np.where(self.flag == self.flag[idx])[0]
        return np.random.choice(pool)  # expect: SDA102

    def prepare_train_img(self, idx):
        info = self.infos[idx]
        return self.pipeline({'img': cv2.imread(info['file']), 'ann': info['ann']})

    def __getitem__(self, idx):
        while True:
            data = self.prepare_train_img(idx)
            if data is None and not self.test_mode:
                idx = self._rand_another(idx)
                continue
            return data

    def evaluate(self, results, n=100):
        shown = np.random.choice(len(results), n)  # harmless: evaluation, in the main process
        return {'shown': [results[i] for i in shown]}


train_pipeline = [
    dict(type='Resize', img_scales=[(1333, 640), (1333, 800)]),
    dict(type='RandomFlip', ratio=0.5, seed=0),
    dict(type='PhotoMetric'),
    dict(type='Normalize', mean=[123.7, 116.3, 103.5], std=[58.4, 57.1, 57.4]),
]
