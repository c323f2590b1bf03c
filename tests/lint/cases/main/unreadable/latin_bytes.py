# café
import numpy as np


def f():
    return np.random.rand()
