"""Whole epochs, growth, memory, instructions, devices: rows run once, small, and are right."""

import os
import time
from pathlib import Path

import pytest
import torch

from benchmarks import (
    bench_gpu,
    bench_loader,
    bench_scaling,
    compare_devices,
    instructions,
    machine,
    memory,
)
from benchmarks.harness import Row, measure
from benchmarks.workload import Work

SMALL = Work(12, 8)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


# --- Whole epochs, growth, memory, instructions ---


def test_an_epoch_of_each_loader_is_checked_and_timed(threads, monkeypatch):
    monkeypatch.setattr(bench_loader, "LEAST_TURNS", 2)
    course = bench_loader.Course(SMALL, 48, 16, workers=0)
    one = Row("loader/x", "x", "image", 48, list(course.contenders()), wall=True)
    found = bench_loader.epochs(one, 0.0)
    assert found["floor"] is None
    assert found["results"]["seedaug"]["rounds"] == 2
    assert "share_of_floor" not in found["results"]["seedaug"]
    images, labels = course.epoch(course.ours())()
    with pytest.raises(AssertionError):
        course.check((images.roll(1, 0), labels), keyed=True)


def test_jpeg_files_are_decoded_once_for_each_visit():
    pytest.importorskip("PIL")
    work = Work(256, 224, hwc=True)
    course = bench_loader.Course(work, 4, 4, workers=0, files=True)
    course.check(course.epoch(course.ours())(), keyed=True)


def small_rows():
    yield from (one for _, one in bench_scaling.pixels([16, 32]))
    yield bench_scaling.lengths(3)


def test_rows_of_growth_are_right(threads):
    for one in small_rows():
        found = measure(one, seconds=0.0)
        assert all(result["median"] > 0 for result in found["results"].values())


def test_the_peak_of_memory_is_that_of_the_whole_process():
    if not Path("/proc/self/smaps_rollup").is_file():
        pytest.skip("the system tells no proportional set sizes")
    assert memory.pss(os.getpid()) > 1 << 20
    assert memory.peak(time.sleep, (0.2,)) > 1 << 20
    with pytest.raises(RuntimeError, match="ended with"):
        memory.peak(int, ("no number",))


@pytest.mark.slow
def test_instructions_are_counted_or_said_not_to_be():
    found = instructions.count(["scalar"], (64, 128))
    if "missing" not in found:
        counts = found["counts"]["scalar"]
        assert 1 < counts["words"] < counts["normal"] < 1000
    assert "Instructions a value" in instructions.text(found)
    assert "instructions a value" in " ".join(instructions.markdown(found)).lower()


# --- Comparing devices ---


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_random_programs_agree_on_every_case(first):
    second = compare_devices.Second("cpu")
    assert all(compare_devices.compare(case, second) > 0 for case in range(first, first + 10))
    assert machine.describe()["isa"] == second.best


def test_a_difference_between_devices_is_told(monkeypatch):
    second, other_seed = compare_devices.Second("cpu"), torch.tensor([1, 0, 0])
    monkeypatch.setattr(second, "put", lambda x: x + other_seed if x.dim() <= 2 else x)
    with pytest.raises(compare_devices.Difference, match=r"case 1: "):
        compare_devices.compare(1, second)


def test_gpu_rows_run_on_the_cpu(threads):
    place = bench_gpu.Place("cpu", cut=1 << 14)
    for one in bench_gpu.rows(place):
        found = measure(one, seconds=0.0, clock=place.clock)
        assert found["results"]["seedaug"]["bytes_per_second"] > 0
