from .env import get_root_logger, init_dist, set_random_seed
