"""Settings of an experiment."""
import random
from types import SimpleNamespace

import numpy as np
import torch

cfg = SimpleNamespace()
cfg.root = 'data'
cfg.seed = 11
cfg.rng = np.random.RandomState(cfg.seed)
cfg.dice = random.Random(cfg.seed)
cfg.device = 'cuda' if torch.cuda.is_available() else 'cpu'


def init(seed):
    cfg.seed = seed
    np.random.seed(seed)  # harmless: called by the script
    torch.manual_seed(seed)  # harmless: called by the script
