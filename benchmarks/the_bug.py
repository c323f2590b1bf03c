"""`python -m benchmarks.the_bug`: which random draws repeat in a DataLoader, under this torch.

16 samples, 3 epochs, 4 workers, batches of 4: 48 draws for each way of `benchmarks.bug_ways`, of
which the different ones are counted. Needs torch and NumPy alone, of any version and without
seedaug, so that it can be run in environments with an old torch, from Python 3.8 on.
"""

import argparse
import json
import multiprocessing
import platform
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from benchmarks.bug_ways import WAYS, Init, Samples, seed_all

COUNT, EPOCHS, WORKERS, BATCH = 16, 3, 4, 4
SEED, OTHER_SEED = 0, 1
SPAWNED = ("held Generator", "NumPy", "OpenCV")  # the start method takes seconds for each epoch
PACKAGES = {"opencv": "cv2", "imgaug": "imgaug", "numba": "numba"}


def run(name, seed=SEED, workers=WORKERS, begin=0, persistent=False, context=None):
    """One training run's draws, by (epoch, index).

    Args:
        name: of the way.
        seed: of the script.
        workers: their number.
        begin: the epoch that the run starts with, as one does that knows no more than its number.
        persistent: whether the workers outlive their epoch.
        context: their start method; the platform's if None.
    """
    seed_all(seed)
    samples = Samples(name, seed, COUNT)
    options = {"persistent_workers": True} if persistent else {}
    loader = DataLoader(
        samples,
        batch_size=BATCH,
        shuffle=True,
        num_workers=workers,
        collate_fn=list,
        worker_init_fn=Init(name, seed) if WAYS[name].init else None,
        multiprocessing_context=context if workers else None,
        **options,
    )
    drawn = {}
    for epoch in range(begin, EPOCHS):
        samples.epoch = epoch
        for batch in loader:
            drawn.update({(epoch, index): value for index, value in batch})
    return drawn


def distinct(drawn):
    """How many different draws there are."""
    return len(set(drawn.values()))


def measure(name):
    """What one way does.

    Returns:
        a dict: `distinct`, `persistent`, `spawn`: different draws of 48, under the platform's start
        method, with persistent workers too, and with `spawn` (None if not measured); `shared`: how
        many of the different draws come again under another seed; `repeatable`: the same seed
        gives the same run; `any_workers`: 0, 2 and 4 workers give the same run; `resumes`: the last
        epoch is the same in a run that starts there. Or `missing`: the package that is not here.
    """
    way = WAYS[name]
    if way.needs and not way.needs[1]:
        return {"missing": way.needs[0]}
    if "default_rng" in way.code and not hasattr(np.random, "default_rng"):
        return {"missing": "numpy>=1.17"}
    whole = run(name)
    last = {where: value for where, value in whole.items() if where[0] == EPOCHS - 1}
    return {
        "code": way.code,
        "distinct": distinct(whole),
        "persistent": distinct(run(name, persistent=True)),
        "spawn": distinct(run(name, context="spawn")) if name in SPAWNED else None,
        "repeatable": run(name) == whole,
        "shared": len(set(run(name, seed=OTHER_SEED).values()) & set(whole.values())),
        "any_workers": all(run(name, workers=workers) == whole for workers in (0, 2)),
        "resumes": run(name, begin=EPOCHS - 1) == last,
    }


def versions():
    """What is measured with."""
    found = {"torch": torch.__version__, "numpy": np.__version__}
    found["python"] = platform.python_version()
    found["start_method"] = multiprocessing.get_start_method()
    for name, module in PACKAGES.items():
        try:
            found[name] = import_module(module).__version__
        except Exception:
            found[name] = None
    return found


def version_of(entry):
    """A torch's version, to sort by."""
    return [int(part) for part in entry["torch"].split("+")[0].split(".")]


def keep(entry, path):
    """Put an entry into a JSON list, in place of one with the same torch."""
    entries = json.loads(path.read_text()) if path.exists() else []
    others = [other for other in entries if version_of(other) != version_of(entry)]
    path.write_text(json.dumps(sorted([*others, entry], key=version_of), indent=1) + "\n")


def show(name, found):
    if "missing" in found:
        return "{:26s}not measured: {} is not here".format(name, found["missing"])
    drawn = "".join(
        "{:>11}".format("-" if found[key] is None else found[key])
        for key in ("distinct", "persistent", "spawn", "shared")
    )
    told = "".join(
        "{:>13}".format("yes" if found[key] else "no")
        for key in ("repeatable", "any_workers", "resumes")
    )
    return f"{name:26s}{drawn}{told}"


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.the_bug", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", default="", help="ways whose name contains this")
    parser.add_argument(
        "--json", type=Path, help="put the figures into this file, by torch version"
    )
    given = parser.parse_args()
    entry = {**versions(), "ways": {}}
    total = COUNT * EPOCHS
    print(", ".join(f"{name} {value}" for name, value in entry.items() if isinstance(value, str)))
    counted = "".join(
        f"{head:>11}" for head in (f"of {total}", "persistent", "spawn", "other seed")
    )
    told = "".join(f"{head:>13}" for head in ("repeatable", "any workers", "resumes"))
    print(" " * 26 + counted + told)
    for name in WAYS:
        if given.only in name:
            entry["ways"][name] = measure(name)
            print(show(name, entry["ways"][name]), flush=True)
    if given.json:
        keep(entry, given.json)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message=".*worker processes in total")
    main()
