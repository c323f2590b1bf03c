"""What the whole project shares."""
import numpy as np

SEED = 1337
RNG = np.random.RandomState(SEED)
N_FOLDS = 5
