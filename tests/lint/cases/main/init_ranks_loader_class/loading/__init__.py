from .workers import SeedByEpoch, SeedByRank, SeedByTime, SeedByTorch
