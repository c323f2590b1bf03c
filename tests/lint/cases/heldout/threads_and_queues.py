"""Streams that read ahead, in threads of the workers."""
import queue
import random
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset


class ReadAhead(IterableDataset):
    """A thread fills a queue with random windows; the worker takes them out."""

    def __init__(self, files, window, depth=16):
        self.files, self.window, self.depth = files, window, depth

    def _fill(self, out):
        for name in self.files:
            rows = np.load(name)
            at = np.random.randint(0, len(rows) - self.window)  # expect: SDA103  # allow: SDA102
            rows = rows[at:at + self.window]
            if random.random() < 0.5:  # expect: SDA103  # allow: SDA111
                rows = rows[::-1]
            out.put(rows + np.random.normal(0, 0.01, rows.shape))  # expect: SDA103  # allow: SDA102
        out.put(None)

    def __iter__(self):
        ready = queue.Queue(self.depth)
        threading.Thread(target=self._fill, args=(ready,), daemon=True).start()
        while True:
            rows = ready.get()
            if rows is None:
                return
            yield torch.from_numpy(rows.copy())


class Sensor:
    def __init__(self, path):
        self.path = path

    def read(self):
        signal = np.load(self.path)
        return signal * np.random.uniform(0.9, 1.1)  # expect: SDA103  # allow: SDA102

    def span(self):
        return len(np.load(self.path, mmap_mode='r'))


class Sensors(Dataset):
    def __init__(self, stations):
        self.stations = stations

    def __len__(self):
        return len(self.stations)

    def __getitem__(self, i):
        sensors = [Sensor(path) for path in self.stations[i]]
        shift = np.random.randint(10)  # expect: SDA102
        with ThreadPoolExecutor(max_workers=len(sensors)) as pool:
            jobs = [pool.submit(lambda s=s: s.read()) for s in sensors]
            signals = [job.result() for job in as_completed(jobs)]
        longest = min(s.span() for s in sensors)
        return np.stack([np.roll(s[:longest], shift) for s in signals])


def fetch(urls):
    """Downloads, in the main process."""
    def one(url):
        if np.random.rand() < 0.1:  # harmless: threads of the main process
            return None
        return url

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, urls))
