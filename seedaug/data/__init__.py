"""Datasets and a loader whose every sample knows its key."""

from seedaug.data.dataset import SeededDataset
from seedaug.data.epoch import RepeatedEpochWarning
from seedaug.data.index import EpochBatch, SampleIndex
from seedaug.data.iterable import SeededIterableDataset
from seedaug.data.loader import DataLoader
from seedaug.data.sampler import KeyedSampler

__all__ = [
    "DataLoader",
    "EpochBatch",
    "KeyedSampler",
    "RepeatedEpochWarning",
    "SampleIndex",
    "SeededDataset",
    "SeededIterableDataset",
]
