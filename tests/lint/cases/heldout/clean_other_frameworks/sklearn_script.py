import random

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline


class Jitter(BaseEstimator, TransformerMixin):
    def __init__(self, sigma=0.1, random_state=0):
        self.sigma, self.random_state = sigma, random_state

    def fit(self, X, y=None):
        self.rng_ = np.random.RandomState(self.random_state)
        return self

    def transform(self, X):
        return X + self.rng_.normal(0, self.sigma, X.shape)  # harmless: scikit-learn


X, y = np.random.rand(100, 4), np.random.randint(0, 2, 100)  # harmless: made-up data
model = make_pipeline(Jitter(), RandomForestClassifier(random_state=random.randrange(10)))  # harmless: main process
model.fit(X, y)
