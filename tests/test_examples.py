"""The examples: run as a user runs them, seen through by the linter and the check, and mended."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


NEEDS_GLOO = pytest.mark.skipif(
    not torch.distributed.is_available() or not torch.distributed.is_gloo_available(),
    reason="this torch has no gloo",
)

MENDED = ("landmarks_mended", "denoising_mended", "audio_mended", "ddp_mended")
BROKEN = {
    "landmarks_broken": {"SDA101", "SDA102"},
    "denoising_broken": {"SDA101"},
    "audio_broken": {"SDA102", "SDA303"},
    "ddp_broken": {"SDA102", "SDA302", "SDA401", "SDA402"},
}


# So a rank was aborted, once, and its launcher failed. The likely cause:
# DistributedDataParallel keeps gloo's threads over destroy_process_group (counted, torch 2.13), and
# a C++ thread that wants Python's lock when Python ends aborts the process (pytorch#38228).
ABORTED = "terminate called without an active exception"


def run(*command, **options):
    """What a command prints and its exit status, after `python`."""
    done = _run(*command, **options)
    return _run(*command, **options) if ABORTED in done.stderr else done


def _run(*command, timeout=120, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-W", "ignore", *map(str, command)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=ENVIRONMENT,
        cwd=cwd,
    )


def output(name, *options, **more):
    """What an example prints; it must succeed."""
    done = run(EXAMPLES / f"{name}.py", *options, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


# As a user runs them


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("landmarks_broken", ["draws: 48 of 48", "with 4: no", "draws: 4 of 48", "with 4: no"]),
        ("landmarks_mended", ["draws: 48 of 48", "with 4: yes"]),
        ("denoising_broken", ["draws: 4 of 48"]),
        ("denoising_mended", ["draws: 48 of 48", "with 4: yes"]),
        ("audio_broken", ["draws: 16 of 48", "another seed: 16 of 16"]),
        ("audio_mended", ["draws: 48 of 48", "another seed: 0 of 48", "with 4: yes"]),
        pytest.param("ddp_broken", ["draws: 32 of 128", "order: yes"], marks=NEEDS_GLOO),
        pytest.param("ddp_mended", ["draws: 128 of 128", "order: no"], marks=NEEDS_GLOO),
        ("custom_transform", ["0 ", "1 ", "2 "]),
    ],
)
def test_what_it_prints(name, printed):
    text = output(name)
    at = -1
    for words in printed:
        at = text.find(words, at + 1)
        assert at >= 0, f"{words!r} in its place in:\n{text}"


@NEEDS_GLOO
def test_ddp_under_torchrun():
    """As the file says, with the launcher of the command line."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = run(*launcher, EXAMPLES / "ddp_mended.py")
    assert done.returncode == 0, done.stderr
    assert "distinct draws: 128 of 128" in done.stdout


def test_every_example_is_listed():
    listed = (EXAMPLES / "README.md").read_text()
    for path in EXAMPLES.glob("*.py"):
        assert f"[{path.name}]({path.name})" in listed
    for link in re.findall(r"\]\(([^)]+)\)", listed):
        assert (EXAMPLES / link).is_file(), link


# Seen through by the linter


def lint(*paths):
    """The codes that the linter reports, by file, and its exit status."""
    done = run("-m", "seedaug", "lint", "--format", "json", *paths)
    assert done.returncode in (0, 1), done.stderr
    found = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(Path(finding["path"]).stem, set()).add(finding["code"])
    return found, done.returncode


@pytest.mark.parametrize("name", BROKEN)
def test_the_linter_finds_the_bug(name):
    found, status = lint(EXAMPLES / f"{name}.py")
    assert found == {name: BROKEN[name]}
    assert status == 1


def test_the_linter_finds_nothing_in_the_others():
    others = [path for path in EXAMPLES.glob("*.py") if path.stem not in BROKEN]
    assert {*MENDED, "does_it_matter"} <= {path.stem for path in others}
    assert lint(*others) == ({}, 0)


def test_the_linter_finds_nothing_in_this_repository():
    """What is broken on purpose is named in pyproject.toml."""
    done = run("-m", "seedaug", "lint", ".", "--show-unused-ignores")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.startswith("nothing found in ")


# Seen through by the check


def check(name, make="make_loader"):
    """What the check says: its verdicts, and its exit status with `--strict`."""
    target = f"{EXAMPLES / name}.py:{make}"
    done = run("-m", "seedaug", "check", target, "--strict", "--json", timeout=180)
    assert done.returncode in (0, 1), done.stderr
    return {*json.loads(done.stdout)["verdicts"]}, done.returncode


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "make", "repeats"),
    [
        ("landmarks_broken", "make_loader", set()),
        ("landmarks_broken", "make_loader_with_generator", {"workers", "epochs"}),
        ("denoising_broken", "make_loader", {"workers", "epochs"}),
        ("audio_broken", "make_loader", {"epochs"}),
        ("ddp_broken", "make_loader", {"epochs"}),
    ],
)
def test_the_check_finds_the_bug(name, make, repeats):
    verdicts, status = check(name, make)
    assert {f"repeats-across-{what}" for what in repeats} == {
        verdict for verdict in verdicts if verdict.startswith("repeats")
    }
    assert {"depends-on-workers", "not-resumable"} <= verdicts
    assert status == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", MENDED)
def test_the_check_finds_what_was_mended_healthy(name):
    assert check(name) == ({"healthy"}, 0)


# Does it matter?


@pytest.fixture(scope="module")
def matter():
    """The experiment's module."""
    for name in ("sklearn", "matplotlib"):
        pytest.importorskip(name)
    from examples import does_it_matter

    return does_it_matter


def test_a_quick_experiment(matter, tmp_path):
    plot, figures = tmp_path / "plot.png", tmp_path / "figures.json"
    options = ["--seeds", "2", "--epochs", "2", "--out", plot, "--json", figures]
    text = output("does_it_matter", *options)
    found = json.loads(figures.read_text())
    assert matter.table(found) in text
    assert list(found["ways"]) == ["none", "frozen", "repeated", "keyed"]
    assert [way["draws"] for way in found["ways"].values()] == [0, 100, 25, 200]
    assert plot.read_bytes().startswith(b"\x89PNG")
    output("does_it_matter", *options)
    assert json.loads(figures.read_text()) == found, "the same figures each time"


def test_an_experiment_without_an_interval(matter):
    done = run(EXAMPLES / "does_it_matter.py", "--seeds", "1")
    assert done.returncode == 2
    assert "--seeds 2 or more" in done.stderr


def test_the_figures_on_the_page(matter):
    """They are those of a whole run, and the conclusions are theirs."""
    found = json.loads((ROOT / "benchmarks" / "results" / "does-it-matter.json").read_text())
    assert matter.table(found) in (ROOT / "docs" / "the-bug.md").read_text()
    assert found["setting"]["seeds"] >= 10
    less = {name: way["minus_keyed"] for name, way in found["ways"].items() if name != "keyed"}
    assert all(one["mean"] + one["half_width"] < 0 for one in less.values())
    accuracy = {name: way["accuracy"]["mean"] for name, way in found["ways"].items()}
    assert sorted(accuracy, key=accuracy.get) == ["frozen", "none", "repeated", "keyed"]


def test_repeated_is_what_a_loader_does(matter):
    """The experiment's copies of the held generator against real workers."""
    import numpy as np
    from torch.utils.data import DataLoader, Dataset

    class Held(Dataset):
        def __init__(self):
            self.rng = np.random.default_rng((matter.HELD, 5))

        def __len__(self):
            return matter.PICTURES

        def __getitem__(self, index):
            return matter.draw(self.rng)

    loader = DataLoader(
        Held(), matter.BATCH, num_workers=matter.WORKERS, shuffle=True, collate_fn=list
    )
    emulated = matter.repeated(5, 0, list(range(matter.PICTURES)))
    for _ in range(2):
        drawn = [sample for batch in loader for sample in batch]
        for (place, noise), (other, noise_too) in zip(drawn, emulated, strict=True):
            assert np.array_equal(place, other)
            assert np.array_equal(noise, noise_too)
