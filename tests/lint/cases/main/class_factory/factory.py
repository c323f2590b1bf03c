from samples import Centres
from tables import Pascal

tables = {'pascal': Pascal}
samples = {'centres': Centres}


def get(table, sample):
    class Joined(tables[table], samples[sample]):
        pass
    return Joined
