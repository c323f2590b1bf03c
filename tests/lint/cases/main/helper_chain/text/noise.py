# -*- coding: utf-8 -*-
u"""Misspellings."""
import random
import string

import numpy as np

_RNG = random.Random(2020)
KEYS = {'a': 'sq', 'e': 'wr', 'o': 'ip'}


def typo(word):
    at = _RNG.randrange(len(word))  # expect: SDA101
    near = KEYS.get(word[at], string.ascii_lowercase)
    return word[:at] + _RNG.choice(near) + word[at + 1:]  # expect: SDA101


def shuffle_window(words, k):
    keys = np.arange(len(words)) + np.random.uniform(0, k, len(words))  # expect: SDA102
    return [words[i] for i in np.argsort(keys)]


def vocabulary(size):
    """Words for a toy corpus."""
    rng = random.Random(size)
    return [''.join(rng.choice(string.ascii_lowercase) for _ in range(6)) for _ in range(size)]  # harmless: toy corpus
