"""Generators and seeds of samples."""
import numpy as np


def rng_of(sample):
    return np.random.default_rng(sample)  # allow: SDA202


def seed_sample(base, sample):
    np.random.seed(base * 100003 + sample)  # expect: SDA202


def seed_sample_and_epoch(base, epoch, sample):
    np.random.seed([base, epoch, sample])  # harmless: index and epoch
