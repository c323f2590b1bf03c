import glob

from data import train_loader, val_loader

tiles = glob.glob('sky/*.npy')
for loader in (train_loader(tiles[:-50]), val_loader(tiles[-50:])):
    for batch in loader:
        print(batch.mean())
