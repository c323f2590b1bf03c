from .seeding import seed_all, worker_init_both, worker_init_fn, worker_init_good
