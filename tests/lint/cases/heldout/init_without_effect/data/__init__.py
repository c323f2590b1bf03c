from .sky import Sky, train_loader, val_loader
from .seeding import worker_seed_fn, worker_staticseed_fn
