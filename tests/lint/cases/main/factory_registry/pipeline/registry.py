TRANSFORMS = {}


def register(cls):
    TRANSFORMS[cls.__name__] = cls
    return cls


def build(config):
    config = dict(config)
    return TRANSFORMS[config.pop('type')](**config)


class Pipeline:
    def __init__(self, configs):
        self.steps = [build(c) for c in configs]

    def __call__(self, results):
        for step in self.steps:
            results = step(results)
            if results is None:
                return None
        return results
