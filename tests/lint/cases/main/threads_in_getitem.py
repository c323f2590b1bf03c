"""Datasets whose workers start threads, to read many small files at once."""
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset


class Clips(Dataset):
    """Frames of a clip, read by threads; each jitters its own."""

    def __init__(self, clips):
        self.clips = clips

    def __len__(self):
        return len(self.clips)

    def read(self, path):
        frame = cv2.imread(path).astype(np.float32)
        gain = np.random.uniform(0.8, 1.2)  # expect: SDA103  # allow: SDA102
        return frame * gain + np.random.randn(*frame.shape)  # expect: SDA103  # allow: SDA102

    def __getitem__(self, i):
        with ThreadPoolExecutor(max_workers=8) as pool:
            frames = list(pool.map(self.read, self.clips[i]))
        return torch.from_numpy(np.stack(frames))


class MultiView(Dataset):
    def __init__(self, scenes, n_views):
        self.scenes, self.n_views = scenes, n_views

    def __len__(self):
        return len(self.scenes)

    def __getitem__(self, i):
        scene = self.scenes[i]
        views = [None] * self.n_views

        def load(k):
            at = np.random.randint(len(scene))  # expect: SDA103  # allow: SDA102
            views[k] = np.load(scene[at])

        threads = [threading.Thread(target=load, args=(k,)) for k in range(self.n_views)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return np.stack(views)


def crop(image):
    h, w = image.shape[:2]
    y = np.random.randint(0, h - 128)  # expect: SDA103  # allow: SDA102
    x = np.random.randint(0, w - 128)  # expect: SDA103  # allow: SDA102
    return image[y:y + 128, x:x + 128]


def threaded_collate(images):
    with ThreadPool(4) as pool:
        return torch.from_numpy(np.stack(pool.map(crop, images)))


class Decoded(Dataset):
    """Threads that only decode; what is random is drawn before."""

    def __init__(self, clips, n):
        self.clips, self.n = clips, n

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, i):
        clip = self.clips[i]
        chosen = np.sort(np.random.choice(len(clip), self.n, replace=False))  # expect: SDA102
        with ThreadPoolExecutor(4) as pool:
            return np.stack(list(pool.map(cv2.imread, (clip[k] for k in chosen))))
