from loader import again, training, validation


def read(name):
    with open(name) as file:
        return [tuple(side.split() for side in line.split('\t')) for line in file]


pairs = read('pairs.tsv')
for loader in (training(pairs, 16), again(pairs, 16), validation(pairs[:100], 16)):
    for batch in loader:
        print(len(batch))
