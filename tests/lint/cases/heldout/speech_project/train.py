from torch.utils.data import DataLoader

from speech.dataset import BucketingSampler, Utterances

if __name__ == '__main__':
    with open('augment.json') as file:
        data = Utterances('train.jsonl', file.read())
    sampler = BucketingSampler(data, 16)
    loader = DataLoader(data, batch_sampler=sampler, num_workers=8, collate_fn=list)
    for epoch in range(40):
        sampler.shuffle(epoch)
        for batch in loader:
            print(len(batch))
