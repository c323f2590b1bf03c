from torch.utils.data import DataLoader

from corpus import Denoising
from text.noise import vocabulary

if __name__ == '__main__':
    words = vocabulary(1000)
    lines = [' '.join(words[i:i + 12]) for i in range(0, 960, 12)]
    for noisy, clean in DataLoader(Denoising(lines, lambda w: [len(x) for x in w]), num_workers=2):
        print(noisy, clean)
