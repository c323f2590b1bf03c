import torch

from factory import get

data = get('pascal', 'centres')('voc')
for batch in torch.utils.data.DataLoader(data, 16, shuffle=True, num_workers=4, drop_last=True):
    print(batch.shape)
