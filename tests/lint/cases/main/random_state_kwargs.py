import numpy as np
import scipy.stats as st
from scipy.stats import beta, truncnorm
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from torch.utils.data import Dataset


class Spectra(Dataset):
    """Infrared spectra with the distortions that instruments make."""

    def __init__(self, X, y, random_state=0):
        self.X, self.X_val, self.y, self.y_val = train_test_split(
            X, y, test_size=0.2, random_state=random_state)  # harmless: split when it is made
        self.rs = check_random_state(random_state)
        self.slope = st.norm(0, 0.05)
        self.anyone = check_random_state(None)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        x = self.X[i].copy()
        x += st.norm.rvs(0, 0.01, size=x.shape, random_state=self.rs)  # expect: SDA101
        x *= truncnorm.rvs(-2, 2, loc=1, scale=0.02)  # expect: SDA102
        x += self.slope.rvs() * np.linspace(-1, 1, len(x))  # expect: SDA102
        shift = self.rs.randint(-3, 4)  # expect: SDA101
        if self.anyone.uniform() < 0.3:  # expect: SDA102
            x = np.roll(x, shift)
        mix = beta(0.4, 0.4).rvs(random_state=self.rs)  # expect: SDA101
        j = self.rs.choice(len(self.X))  # expect: SDA101
        return mix * x + (1 - mix) * self.X[j], self.y[i]


def bootstrap(scores, n=1000):
    """Confidence of a score."""
    draws = np.random.choice(scores, (n, len(scores)))  # harmless: evaluation, main process
    spread = st.norm.rvs(0, 1e-9, size=n)  # harmless: evaluation, main process
    return np.percentile(draws.mean(1) + spread, [2.5, 97.5])
