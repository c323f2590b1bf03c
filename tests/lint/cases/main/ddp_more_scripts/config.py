import argparse
import os


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--data', default='data')
    options = parser.parse_args()
    options.rank = int(os.environ.get('RANK', 0))
    options.world = int(os.environ.get('WORLD_SIZE', 1))
    return options
