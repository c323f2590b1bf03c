import numpy as np
import scipy.sparse as sp
from imblearn.over_sampling import SMOTE
from scipy import stats
from skimage.util import random_noise
from sklearn.utils import check_random_state, resample, shuffle
from torch.utils.data import Dataset


class Telescope(Dataset):
    """Light curves, with gaps and flares."""

    def __init__(self, curves, labels, seed):
        curves, labels = SMOTE(random_state=seed).fit_resample(curves, labels)  # harmless: when it is made
        self.curves, self.labels = shuffle(curves, labels, random_state=seed)  # harmless: when it is made
        self.random_state = check_random_state(seed)
        self.flare = stats.lognorm(s=0.5)

    def __len__(self):
        return len(self.curves)

    def __getitem__(self, i):
        curve = self.curves[i].copy()
        gaps = sp.random(1, len(curve), density=0.05, random_state=self.random_state)  # expect: SDA101
        curve[gaps.toarray()[0] > 0] = np.nan
        curve += self.flare.rvs(size=1, random_state=self.random_state)  # expect: SDA101
        curve += stats.poisson.rvs(3, size=len(curve))  # expect: SDA102
        curve *= stats.uniform(0.9, 0.2).rvs()  # expect: SDA102
        part = resample(curve, replace=False, n_samples=500, random_state=self.random_state)  # expect: SDA101
        return np.sort(part), self.labels[i]


class Thumbnails(Dataset):
    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        noisy = random_noise(self.images[i], rng=np.random.default_rng())  # harmless: fresh each time
        return noisy


def confidence(scores):
    means = [resample(scores).mean() for _ in range(1000)]  # harmless: evaluation
    return np.percentile(means, [5, 95]), stats.norm.rvs(size=3)  # harmless: evaluation
