import random

import numpy as np


class Words(object):
    def __getitem__(self, i):
        print "sample", i
        return np.random.randint(10)
