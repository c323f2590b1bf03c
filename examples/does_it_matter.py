"""Does repeated augmentation cost accuracy? An experiment on scikit-learn's handwritten digits.

One small network, one augmentation (turn, scale, shift, noise), four ways to draw for it:

* none: no augmentation;
* frozen: seeded by the sample's index alone, the same in every epoch;
* repeated: a generator held by the dataset, under a shuffling DataLoader with four workers, each of
  which gets a copy of it at the start of every epoch;
* keyed: seedaug, by (seed, epoch, index).

For each seed the four train on the same few pictures, in the same order, from the same weights, and
are tested on all the others. Printed and plotted: means over the seeds with their 95 % intervals,
and the differences to "keyed", seed by seed.

Run it: python examples/does_it_matter.py    (pip install 'seedaug[examples]'; about four minutes)
"""

import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import seedaug

try:
    import matplotlib
    from scipy import stats
    from sklearn.datasets import load_digits
except ImportError as error:
    raise SystemExit(f"{error.name} is missing: pip install 'seedaug[examples]'") from error

PICTURES, BATCH, WORKERS = 100, 25, 4  # for training
TURN, SCALE, SHIFT, NOISE = 0.25, 0.15, 0.1, 0.1  # radians, of 1, of half the width, of full white
SPLIT, ORDER, HELD, FROZEN = range(4)  # each seeds a generator of its own
WAYS = ("none", "frozen", "repeated", "keyed")


def draw(rng):
    """One picture's augmentation: angle, scale, shift right, shift down; and noise [8, 8]."""
    place = rng.uniform(-1, 1, 4) * [TURN, SCALE, SHIFT, SHIFT]
    return place, NOISE * rng.standard_normal((8, 8))


def frozen(seed, epoch, order):
    return [draw(np.random.default_rng((FROZEN, seed, index))) for index in order]


def repeated(seed, epoch, order):
    """What workers draw that get batches in turn, each with a copy of the held generator."""
    held = np.random.default_rng((HELD, seed))
    copies = [copy.deepcopy(held) for _ in range(WORKERS)]
    return [draw(copies[place // BATCH % WORKERS]) for place in range(len(order))]


def keyed(seed, epoch, order):
    """What a SeededDataset draws."""
    drawn = []
    for index in order:
        with seedaug.sample(seedaug.Key(seed=seed, epoch=epoch, index=index)):
            drawn.append(draw(seedaug.rng()))
    return drawn


DRAWN = {"frozen": frozen, "repeated": repeated, "keyed": keyed}


def augment(images, drawn):
    """Images [N, 1, 8, 8] turned, scaled, shifted (bilinear, black around) and with noise."""
    places, noises = (torch.from_numpy(np.stack(part)).float() for part in zip(*drawn, strict=True))
    angle, scale, right, down = places.T
    cos, sin = angle.cos() / (1 + scale), angle.sin() / (1 + scale)
    matrix = torch.stack([cos, -sin, right, sin, cos, down], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False) + noises[:, None]


def split(seed):
    """PICTURES digits to train on, as many of each as can be, and all the others."""
    images, labels = load_digits(return_X_y=True)
    images = torch.from_numpy(images).float().view(-1, 1, 8, 8) / 16
    labels = torch.from_numpy(labels)
    order = np.random.default_rng((SPLIT, seed)).permutation(len(labels))
    order = torch.from_numpy(order)
    rank = torch.stack([(labels[order] == digit).cumsum(0) for digit in range(10)])
    first = rank[labels[order], torch.arange(len(order))] <= PICTURES // 10
    train, test = order[first], order[~first]
    return images[train], labels[train], images[test], labels[test]


def train(way, seed, epochs):
    """Train one network; its accuracy on the other pictures, in percent."""
    images, labels, test_images, test_labels = split(seed)
    torch.manual_seed(seed)
    model = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10)),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        order = np.random.default_rng((ORDER, seed, epoch)).permutation(len(labels)).tolist()
        given = images[order]
        if way != "none":
            given = augment(given, DRAWN[way](seed, epoch, order))
        for x, y in zip(given.split(BATCH), labels[order].split(BATCH), strict=True):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        schedule.step()
    with torch.no_grad():
        right = model(test_images).argmax(1) == test_labels
    return 100 * right.float().mean().item()


def interval(values):
    """Their mean, and half the width of its 95 % interval (Student's t)."""
    spread = stats.sem(values) * stats.t.ppf(0.975, len(values) - 1)
    return {"mean": float(np.mean(values)), "half_width": float(spread)}


def summary(accuracies, epochs):
    """Everything that is printed, plotted and kept."""
    found = {"setting": {"pictures": PICTURES, "batch": BATCH, "workers": WORKERS}}
    found["setting"] |= {"epochs": epochs, "seeds": len(accuracies["keyed"])}
    found["versions"] = {"torch": torch.__version__, "seedaug": seedaug.__version__}
    found["ways"] = {}
    for way in WAYS:
        less = np.subtract(accuracies[way], accuracies["keyed"])
        found["ways"][way] = {
            "draws": count(way, epochs),
            "accuracy": interval(accuracies[way]),
            "minus_keyed": interval(less) if way != "keyed" else None,
            "by_seed": [round(accuracy, 3) for accuracy in accuracies[way]],
        }
    return found


def count(way, epochs):
    """How many different augmentations one run sees (of pictures times epochs)."""
    if way == "none":
        return 0
    epochs_drawn = (DRAWN[way](0, epoch, list(range(PICTURES))) for epoch in range(epochs))
    return len({place.tobytes() for drawn in epochs_drawn for place, _ in drawn})


def table(found):
    """The result as Markdown."""
    setting = found["setting"]
    lines = [
        "| augmentation | different draws | accuracy, % | minus keyed |",
        "|---|---:|---:|---:|",
    ]
    for way, one in found["ways"].items():
        mean, less = one["accuracy"], one["minus_keyed"]
        against = f"{less['mean']:+.2f} ± {less['half_width']:.2f}" if less else ""
        draws = f"{one['draws']:,} of {setting['pictures'] * setting['epochs']:,}"
        accuracy = f"{mean['mean']:.2f} ± {mean['half_width']:.2f}"
        lines.append(f"| {way} | {draws if one['draws'] else ''} | {accuracy} | {against} |")
    return "\n".join(lines)


def plot(found, path):
    """Accuracies and their differences to keyed: a dot for each seed, means and intervals."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 3.4), sharey=True, layout="constrained")
    keyed_ = found["ways"]["keyed"]["by_seed"]
    for row, (way, one) in enumerate(found["ways"].items()):
        panels = (one["by_seed"], one["accuracy"]), (None, one["minus_keyed"])
        for axis, (dots, mean) in zip(axes, panels, strict=True):
            if mean is None:
                continue
            dots = np.subtract(one["by_seed"], keyed_) if dots is None else dots
            axis.plot(dots, np.full(len(dots), row - 0.2), ".", color="0.65", markersize=5)
            bar = {"xerr": mean["half_width"], "color": "C0" if way == "keyed" else "C3"}
            axis.errorbar(mean["mean"], row + 0.1, fmt="o", capsize=4, **bar)
    setting = found["setting"]
    axes[0].set_yticks(range(len(WAYS)), WAYS)
    axes[0].set_ylim(len(WAYS) - 0.5, -0.6)
    axes[0].set_xlabel("accuracy on the other digits, %")
    axes[1].set_xlabel("minus keyed, seed by seed, points")
    axes[1].axvline(0, color="C0", linewidth=1)
    for axis in axes:
        axis.grid(axis="x", color="0.9")
        axis.set_axisbelow(True)
    figure.suptitle(
        f"{setting['pictures']} digits to train on, {setting['epochs']} epochs, "
        f"{setting['workers']} workers; {setting['seeds']} seeds (grey), "
        "mean with 95 % interval",
        fontsize=11,
    )
    figure.savefig(path, dpi=110, metadata={"Software": None})


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="how many; at least 2")
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--out", type=Path, default=Path("does-it-matter.png"), help="the plot")
    parser.add_argument("--json", type=Path, help="the figures")
    given = parser.parse_args()
    if given.seeds < 2 or given.epochs < 1:
        parser.error("an interval needs --seeds 2 or more, and a run --epochs 1 or more")
    torch.set_num_threads(1)
    accuracies, began = {way: [] for way in WAYS}, time.monotonic()
    for seed in range(given.seeds):
        for way in WAYS:
            accuracies[way].append(train(way, seed, given.epochs))
        shown = ", ".join(f"{way} {accuracies[way][-1]:.1f}" for way in WAYS)
        print(f"seed {seed + 1} of {given.seeds}: {shown}", flush=True)
    found = summary(accuracies, given.epochs)
    print(f"\n{table(found)}\n\n{time.monotonic() - began:.0f} s; {given.out}")
    plot(found, given.out)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
