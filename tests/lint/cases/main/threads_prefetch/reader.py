"""Reads several windows of a recording at a time."""
import random
from concurrent import futures

import numpy as np


class WindowReader:
    def __init__(self, window, threads):
        self.window = window
        self.pool = None
        self.threads = threads

    def one(self, recording):
        start = np.random.randint(0, recording.shape[0] - self.window)  # expect: SDA103  # allow: SDA102
        return recording[start:start + self.window]

    def maybe_reversed(self, recording):
        window = self.one(recording)
        return window[::-1] if random.random() < 0.5 else window  # expect: SDA103  # allow: SDA111

    def many(self, recordings):
        if self.pool is None:
            self.pool = futures.ThreadPoolExecutor(self.threads)
        jobs = [self.pool.submit(self.maybe_reversed, r) for r in recordings]
        return np.stack([job.result() for job in jobs])
