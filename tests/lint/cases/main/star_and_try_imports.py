try:
    import numpy as np
    import numpy.random as nr
except ImportError:
    np = nr = None
try:
    from torch.utils.data import Dataset, DataLoader
except ImportError:
    Dataset = object
from random import *
import sys, os


class Stamps(Dataset):
    """Postage stamps, pasted on letters."""
    def __init__(self, root, size = 32):
        super(Stamps, self).__init__()
        self.files = [os.path.join(root, f) for f in sorted(os.listdir(root))]
        self.size = size
        self.r = Random(3)
    def __len__(self): return len(self.files)
    def place(self, letter, stamp):
        y = nr.randint(0, letter.shape[0] - self.size); x = nr.randint(0, letter.shape[1] - self.size)  # expect: SDA102
        letter[y:y+self.size, x:x+self.size] = stamp
        return letter
    def __getitem__(self, i):
        letter = nr.rand(256, 256) if nr.rand() < .5 else np.ones((256, 256))  # expect: SDA102
        for _ in range(self.r.randint(1, 4)):  # expect: SDA101
            stamp = np.load(self.files[(i + self.r.randrange(10)) % len(self)])  # expect: SDA101
            letter = self.place(letter, stamp)
        return letter


if __name__ == '__main__':
    seed(0)  # harmless: main process
    print(randint(0, 10), nr.randint(10))  # harmless: main process
    for letter in DataLoader(Stamps(sys.argv[1]), num_workers = 4):
        print(letter.mean())
