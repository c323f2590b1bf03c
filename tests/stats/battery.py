"""The battery: counts that are added to block by block, and what they say as p-values.

Every p-value is two-sided where that makes sense, so that values which are too regular fail like
values which are not regular enough.
"""

from collections import defaultdict

import numpy as np
from scipy import special, stats

PHI_CELLS = 4096
TAILS = (3, 4, 5)
LAGS = (1, 2, 3, 4)
DIFFERING = (4, 28)
"""Of 32 bits: fewer or more are too rare for cells of their own, and are counted with these."""
DIFFERING_SHARES = np.diff(stats.binom.cdf([-1, *range(DIFFERING[0], DIFFERING[1]), 32], 32, 0.5))
MOMENTS = {1: (0, 1), 2: (1, 2), 3: (0, 15), 4: (3, 96)}
"""Of a standard normal, by power: (mean, variance of the power)."""


def two_sided(lower, upper):
    return min(1.0, 2 * min(lower, upper))


def chi_square(counts, probabilities=None):
    """Of counts against cells of given probabilities, or of equal ones."""
    counts = np.asarray(counts, np.float64).reshape(-1)
    share = 1 / counts.size if probabilities is None else probabilities
    expected = counts.sum() * share
    statistic = ((counts - expected) ** 2 / expected).sum()
    freedom = counts.size - 1
    return two_sided(stats.chi2.cdf(statistic, freedom), stats.chi2.sf(statistic, freedom))


def kolmogorov_smirnov(counts):
    """Of the cumulated counts of equal cells; binning can only make it more lenient."""
    n, cells = counts.sum(), counts.size
    distance = np.abs(np.cumsum(counts) / n - np.arange(1, cells + 1) / cells).max()
    return float(special.kolmogorov(distance * np.sqrt(n)))


def normal_score(z):
    return float(2 * stats.norm.sf(abs(z)))


def tail(count, n, sigma):
    """Of how many of n normals lie beyond sigma on one side."""
    expected = n * stats.norm.sf(sigma)
    return two_sided(stats.poisson.cdf(count, expected), stats.poisson.sf(count - 1, expected))


class Battery:
    """Counts over blocks of words [streams, count] and their normals."""

    def __init__(self):
        self.values = 0
        self.counts = defaultdict(int)
        self.products = defaultdict(lambda: [0.0, 0])
        self.powers = dict.fromkeys(MOMENTS, 0.0)
        self.beyond = defaultdict(int)

    def add(self, axis, words, normals):
        """One more block, whose rows are neighbours along an axis."""
        self.values += words.size
        self._distribution(words, normals)
        self._neighbours(axis, words[:-1], words[1:])
        self._product(f"normals, {axis}", normals[:-1], normals[1:])
        u = words.astype(np.float64) * 2.0**-32 - 0.5
        self._product(f"uniforms, {axis}", u[:-1] * 12**0.5, u[1:] * 12**0.5)
        for lag in LAGS:
            if words.shape[1] > lag:
                self._product(f"uniforms, element {lag}", u[:, :-lag] * 12, u[:, lag:])
                self._product(f"normals, element {lag}", normals[:, :-lag], normals[:, lag:])
        self._neighbours("element", words[:, :-1], words[:, 1:])

    def _distribution(self, words, normals):
        parts = np.ascontiguousarray(words).view(np.uint8).reshape(-1, 4)
        for i in range(4):
            self.counts[f"byte {i}"] += np.bincount(parts[:, i], minlength=256)
        self.counts["top 16 bits"] += np.bincount((words >> 16).reshape(-1), minlength=1 << 16)
        z = normals.reshape(-1).astype(np.float64)
        cells = (special.ndtr(z) * PHI_CELLS).astype(np.int64)
        self.counts["normals"] += np.bincount(cells, minlength=PHI_CELLS)
        power = np.ones_like(z)
        for k in MOMENTS:
            power = power * z
            self.powers[k] += power.sum()
        for sigma in TAILS:
            self.beyond[sigma] += int((z > sigma).sum())
            self.beyond[-sigma] += int((z < -sigma).sum())

    def _neighbours(self, axis, a, b):
        """The top bytes of neighbours jointly, and how many bits they differ in."""
        joint = (a >> 24 << 8 | b >> 24).reshape(-1)
        self.counts[f"top bytes, {axis}"] += np.bincount(joint, minlength=1 << 16)
        self.counts[f"bits that differ, {axis}"] += np.bincount(
            np.clip(np.bitwise_count(a ^ b), *DIFFERING).reshape(-1) - DIFFERING[0],
            minlength=len(DIFFERING_SHARES),
        )

    def _product(self, name, a, b):
        """Of variables whose product has mean 0 and variance 1 if they are independent."""
        kept = self.products[name]
        kept[0] += float(np.einsum("ij,ij->", a, b, dtype=np.float64))
        kept[1] += a.size

    def p_values(self):
        """What is tested, by name."""
        result = {}
        for name, counts in self.counts.items():
            shares = DIFFERING_SHARES if name.startswith("bits") else None
            result[f"chi-square: {name}"] = chi_square(counts, shares)
        result["Kolmogorov-Smirnov: uniforms"] = kolmogorov_smirnov(self.counts["top 16 bits"])
        result["Kolmogorov-Smirnov: normals"] = kolmogorov_smirnov(self.counts["normals"])
        for k, (mean, variance) in MOMENTS.items():
            z = (self.powers[k] / self.values - mean) * np.sqrt(self.values / variance)
            result[f"moment {k} of normals"] = normal_score(z)
        for sigma, count in self.beyond.items():
            result[f"normals beyond {sigma:+d} sigma"] = tail(count, self.values, abs(sigma))
        for name, (total, n) in self.products.items():
            result[f"correlation: {name}"] = normal_score(total / np.sqrt(n))
        return result


def run(source, axes, blocks):
    """The p-values of a source after so many blocks of each axis, and how many values that was."""
    battery = Battery()
    for axis in axes:
        for block in range(blocks):
            words = source.words(axis, block)
            battery.add(axis, words, source.normals(words))
    return battery.p_values(), battery.values


def table(p_values):
    """The results as lines of text, the least likely first."""
    order = sorted(p_values.items(), key=lambda item: item[1])
    return "\n".join(f"{p:10.3g}  {name}" for name, p in order)
