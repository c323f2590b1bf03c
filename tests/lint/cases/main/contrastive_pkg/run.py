import numpy as np

from contrast import build_loader
from contrast.augment.geometry import synthetic

if __name__ == "__main__":
    np.random.seed(1)  # harmless: main process
    series = synthetic(512, 400)
    drop = np.random.choice(512, 32, replace=False)  # harmless: main process
    loader = build_loader(np.delete(series, drop, axis=0).astype("float32"))
    for first, second in loader:
        print(first.shape, second.shape)
