"""Augmentation of waveforms: what every one of them has."""
import random
from abc import ABCMeta, abstractmethod


class AugmentorBase(metaclass=ABCMeta):
    @abstractmethod
    def transform_audio(self, samples): ...

    def __call__(self, samples):
        return self.transform_audio(samples)


class AugmentationPipeline:
    """Applies each augmentor with its probability."""

    def __init__(self, config, random_seed=0):
        self._rng = random.Random(random_seed)
        self._augmentors, self._rates = self._parse(config)

    def _parse(self, config):
        augmentors = [self._make(c['type'], c.get('params', {})) for c in config]
        return augmentors, [c['prob'] for c in config]

    def _make(self, kind, params):
        from . import gain, noise
        if kind == 'volume':
            return gain.VolumePerturb(self._rng, **params)
        if kind == 'speed':
            return gain.SpeedPerturb(self._rng, **params)
        if kind == 'noise':
            return noise.NoisePerturb(**params)
        raise ValueError(kind)

    def transform_audio(self, samples):
        for augmentor, rate in zip(self._augmentors, self._rates):
            if self._rng.uniform(0.0, 1.0) < rate:  # expect: SDA101
                samples = augmentor.transform_audio(samples)
        return samples
