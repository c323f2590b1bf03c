"""The benchmarks' own logic: checks, turns, verdicts, tables. Nothing timed is asserted."""

import copy
import json
import os
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import torch

import seedaug
from benchmarks import (
    bench_gpu,
    bench_images,
    bench_loader,
    bench_numbers,
    bench_scaling,
    bench_threads,
    charts,
    compare_devices,
    instructions,
    machine,
    memory,
    peers,
    report,
)
from benchmarks.harness import (
    FLOOR,
    SECONDS,
    Contender,
    Row,
    Target,
    Timing,
    Within,
    check_all,
    judge,
    measure,
    take_turns,
    wall_seconds,
)
from benchmarks.workload import Work

SMALL = Work(12, 8)


def row(*contenders, **options):
    floor = Contender("copy", lambda: None)
    return Row("a/row", "Work", "value", 2, contenders, floor, **options)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


def result(median, **more):
    return {"median": median, "q1": median, "q3": median, "share_of_floor": 0.5, **more}


FOUND = {
    "machine": {"cpu": "A processor", "isa": "avx2", "gpu": None},
    "versions": {"seedaug": "1.0", "kornia": "not installed", "compiler": "gcc"},
    "load": {"before": 0.1, "after": 0.2},
    "rows": [
        {
            "name": "one",
            "title": "One image",
            "note": "",
            "per": "image",
            "results": {
                "seedaug": result(50e-6),
                "slow peer": result(250e-6),
                "fast peer": result(150e-6),
                "kornia": {"missing": "not installed"},
            },
            "floor": {"name": "copy", **result(25e-6)},
            "targets": [
                {
                    "ours": "seedaug",
                    "against": "fast peer",
                    "wanted": 4.0,
                    "measured": 3.0,
                    "met": False,
                }
            ],
        }
    ],
}


# --- The harness ---


def test_a_wrong_contender_is_named_and_never_timed(threads):
    calls = []

    def wrong(value):
        raise AssertionError("off by one")

    bad = Contender("bad", lambda: calls.append(0), wrong)
    with pytest.raises(AssertionError, match=r"a/row: bad is wrong: off by one"):
        measure(row(bad), seconds=0.01)
    assert len(calls) == 1


def test_contenders_take_turns_and_each_begins_in_its_turn(threads, monkeypatch):
    order = []
    monkeypatch.setattr("benchmarks.harness.BLOCK_SECONDS", 0.0)
    monkeypatch.setattr("benchmarks.harness.WARM_CALLS", 1)
    monkeypatch.setattr("benchmarks.harness.ROUNDS", (4, 4))
    both = [Contender(name, lambda name=name: order.append(name)) for name in "ab"]
    timings = take_turns(row(*both), both, seconds=0.0, clock=wall_seconds)
    assert "".join(order[-16::2]) == "abbaabba"  # each first untimed, then timed
    assert [len(timings[name].rounds) for name in "ab"] == [4, 4]


def test_times_are_divided_by_calls_and_items(threads):
    only = [Contender("a", lambda: None)]
    timings = take_turns(row(*only), only, seconds=1, clock=lambda call, calls: calls * 0.5)
    assert set(timings["a"].rounds) == {0.25}
    found = measure(row(*only, bytes=3), seconds=1, clock=lambda call, calls: calls * 0.5)
    assert found["results"]["a"]["bytes_per_second"] == 12


def test_one_thread_is_timed_by_the_processor_and_several_by_the_wall(threads):
    def rest():
        time.sleep(0.002)

    by_processor = measure(row(Contender("a", rest)), seconds=0.01)
    by_wall = measure(row(Contender("a", rest), wall=True), seconds=0.01)
    assert (by_processor["time"], by_wall["time"]) == ("processor", "wall")
    assert by_processor["results"]["a"]["best"] < 0.001 <= by_wall["results"]["a"]["best"]


def test_threads_are_set_for_each_contender(threads):
    seen = {}
    both = [
        Contender(str(n), lambda n=n: seen.setdefault(n, torch.get_num_threads()), threads=n)
        for n in (1, 2)
    ]
    measure(row(*both), seconds=0.01)
    assert seen == {1: 1, 2: 2}


def test_an_instruction_set_lasts_for_its_contender_only(threads, monkeypatch):
    wanted = []
    monkeypatch.setattr(torch.ops.seedaug, "use_isa", lambda isa: wanted.append(isa) or True)
    check_all(row(Contender("a", lambda: 0, isa="scalar"), Contender("b", lambda: 0)))
    assert wanted == ["scalar", machine.describe()["isa"]]


def test_an_instruction_set_that_is_not_here_is_an_error(threads):
    with pytest.raises(RuntimeError, match="a: sse1 is not available here"):
        measure(row(Contender("a", lambda: None, isa="sse1")), seconds=0.01)


def test_what_is_missing_is_said(threads):
    found = measure(row(Contender("a", lambda: None), Contender("b")), seconds=0.01)
    assert found["results"]["b"] == {"missing": "not installed"}
    assert found["results"]["a"]["median"] >= 0
    assert json.loads(json.dumps(found)) == found


def test_summary_has_median_quartiles_and_best():
    summary = Timing([5.0, 1.0, 2.0, 3.0, 4.0], calls=7).summary()
    assert (summary["q1"], summary["median"], summary["q3"]) == (2.0, 3.0, 4.0)
    assert (summary["best"], summary["rounds"], summary["calls_a_round"]) == (1.0, 5, 7)


def test_a_target_is_judged_against_the_fastest():
    medians = {"us": 2.0, "a": 9.0, "b": 7.0}
    verdict = judge(Target("us", ("a", "b", "absent"), 3.5), medians)
    assert verdict == {
        "ours": "us",
        "against": "b",
        "within": False,
        "wanted": 3.5,
        "measured": 3.5,
        "met": True,
    }
    assert not judge(Target("us", ("b",), 3.6), medians)["met"]
    assert judge(Target("us", ("absent",), 1.0), medians) is None


def test_a_time_is_judged_by_the_floor_a_contender_or_seconds():
    medians = {"us": 3.0, "bound": 2.5, FLOOR: 2.0}
    found = [judge(Within("us", 1.5, of), medians) for of in (FLOOR, "bound", SECONDS)]
    assert [one["measured"] for one in found] == [1.5, 1.2, 3.0]
    assert [one["met"] for one in found] == [True, True, False]
    assert all(one["within"] for one in found)
    assert judge(Within("us", 1.5, "absent"), medians) is None
    assert judge(Within("absent", 1.5), medians) is None


def test_bounds_are_timed_but_are_no_contenders(threads):
    bound = Contender("bound", lambda: None)
    targets = [Within("a", 1e9), Within("a", 1e9, "bound")]
    one = row(Contender("a", lambda: None), bounds=[bound], targets=targets)
    found = measure(one, seconds=0.01)
    assert found["bounds"]["bound"]["rounds"] > 0
    assert "bound" not in found["results"]
    assert [target["against"] for target in found["targets"]] == [FLOOR, "bound"]


# --- The work ---


@pytest.mark.parametrize("work", [SMALL, Work(12, 12, padding=3), Work(12, 8, noise=True)])
def test_a_wrong_image_is_found(work):
    images, keys = work.images(2), [seedaug.Key(index=i) for i in range(2)]
    made = work.compose()(images, seedaug.keys(index=range(2)))
    work.check_ours(made, images, keys)
    with pytest.raises(AssertionError):
        work.check_ours(made.roll(1, -1), images, keys)
    with pytest.raises(AssertionError, match="shape"):
        work.check_ours(made[..., 1:], images, keys)
    with pytest.raises(AssertionError, match="dtype"):
        work.check_ours(made.double(), images, keys)


WORKS = [
    SMALL,
    Work(12, 8, raw=True),
    Work(12, 8, hwc=True),
    Work(12, 8, ragged=True),
    Work(12, 12, padding=3),
]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_a_peer_that_does_other_work_is_found(work):
    images, out = work.inputs(5), work.empty(5)
    made = work.compose()(images, seedaug.keys(index=range(5)), out=out)
    work.check_ours(made, images, [seedaug.Key(index=i) for i in range(5)])
    work.check_peer(made, images)
    for wrong in (made * 0.5, made * 0, made.flip(0), made.flip(-2)):
        with pytest.raises(AssertionError, match="no crop of its source"):
            work.check_peer(wrong.to(made.dtype), images)
    with pytest.raises(AssertionError, match="dtype"):
        work.check_peer(made.half(), images)
    copied = work.copy_floor(out)()
    assert copied.dtype == work.dtype
    assert torch.equal(copied, copied.to(torch.uint8).to(work.dtype))


def test_a_peer_without_its_noise_is_found():
    work = Work(32, 28, noise=True)
    made = work.compose()(work.images(2), seedaug.keys(index=range(2)))
    work.check_peer(made, work.images(2))
    with pytest.raises(AssertionError, match="has the sigma"):
        work.check_peer(
            Work(32, 28).compose()(work.images(2), seedaug.keys(index=range(2))), work.images(2)
        )


def test_ragged_images_have_sizes_of_their_own():
    sizes = {image.shape for image in Work(240, 224, ragged=True).inputs(64)}
    assert len(sizes) == 64
    assert min(min(size[1:]) for size in sizes) >= 224


def test_images_with_channels_innermost_are_the_same_images():
    assert torch.equal(Work(12, 8, hwc=True).images(2), SMALL.images(2))
    assert Work(12, 8, hwc=True).images(2).stride(1) == 1


def test_peers_do_the_work_that_their_check_asks_for():
    for contender in [
        *peers.batches(SMALL, SMALL.images(3)),
        *peers.one_by_one(SMALL, SMALL.images(3)),
    ]:
        if contender.call is not None:
            contender.check(contender.call())


def test_masked_shifts_crop_and_flip():
    work = Work(6, 6, padding=2)
    image = torch.arange(108, dtype=torch.uint8).reshape(1, 3, 6, 6)
    padded = torch.nn.functional.pad(image, [2] * 4)
    crops = [padded[..., y : y + 6, x : x + 6] for y in range(5) for x in range(5)]
    both = torch.cat([*crops, *(crop.flip(-1) for crop in crops)])
    shifts = peers.MaskedShifts(work)
    want = both.float() * shifts.scale + shifts.offset
    for made in shifts(image.expand(20, 3, 6, 6)):
        assert (want == made).flatten(1).all(1).any()


@pytest.mark.parametrize("module", [bench_numbers, bench_images, bench_threads])
def test_rows_have_names_of_their_own_and_targets_that_exist(module):
    rows = list(module.rows())
    assert len({one.name for one in rows}) == len(rows)
    for one in rows:
        names = [contender.name for contender in one.contenders]
        assert len(set(names)) == len(names)
        known = {*names, FLOOR, SECONDS, *(bound.name for bound in one.bounds)}
        for target in one.targets:
            assert target.ours in names
            against = (target.of,) if isinstance(target, Within) else target.against
            assert against
            # what is not compared in a row is no peer's mistake: it may have no such operator
            assert set(against) <= known


def test_a_forced_instruction_set_is_the_only_one(monkeypatch):
    monkeypatch.setenv("SEEDAUG_ISA", "whichever")
    assert len(bench_numbers.isas()) == 1


def test_the_machine_is_described():
    assert machine.describe()["cores"] >= 1
    assert machine.versions()["torch"] == torch.__version__


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


def test_instructions_are_counted_or_said_not_to_be():
    found = instructions.count(["scalar"])
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


# --- The table ---


def test_the_table_names_the_fastest_peer_and_what_is_not_installed():
    drawn = report.table(FOUND)
    assert "| One image | 50.0 µs | 150 µs (fast peer) | 3.0x | 50% |" in drawn
    about = " ".join(drawn.split())
    assert "not installed: kornia" in about
    assert "A processor, avx2, one thread (processor time); seedaug 1.0" in about


def test_a_row_without_peers_is_left_out_of_the_table():
    found = copy.deepcopy(FOUND)
    for name in ("slow peer", "fast peer"):
        del found["rows"][0]["results"][name]
    assert "One image" not in report.table(found)


def test_the_gain_of_threads_stands_below_the_table():
    found = copy.deepcopy(FOUND)
    target = {"ours": "2 threads", "against": "1 thread", "measured": 1.9}
    found["rows"].append(
        {**found["rows"][0], "name": "threads/x", "title": "Threads", "targets": [target]}
    )
    assert report.table(found).endswith("\n\nThreads: 1.90x 1 thread by 2 threads.")


def test_text_for_the_terminal():
    assert "kornia                             not installed" in report.text(FOUND["rows"][0])
    assert "3.00x, wanted 4.0x: NOT MET" in report.targets_text(FOUND)


def test_the_section_is_drawn_from_the_files_and_put_between_the_markers(tmp_path):
    (tmp_path / "cpu-avx2.json").write_text(json.dumps(FOUND))
    drawn = report.section(tmp_path)
    readme = f"Before\n\n{report.BEGIN}\nold\n{report.END}\n\nAfter\n"
    new = report.replace(readme, drawn)
    assert new.startswith("Before\n\n" + report.BEGIN)
    assert new.endswith(report.END + "\n\nAfter\n")
    assert "old" not in new
    assert report.replace(new, drawn) == new


def with_growth():
    found = copy.deepcopy(FOUND)
    one = found["rows"][0]
    one["name"] = "batch/one"
    curves = {"seedaug": result(2e-9), "seedaug, noise": result(3e-9)}
    point = {**one, "results": curves, "floor": {"name": "copy", **result(1e-9)}}
    lengths = {str(n): result(n * 1e-5) for n in (1, 2, 3)}
    found["scaling"] = {
        "pixels": [{"x": 2**n, "row": point} for n in (8, 14, 20)],
        "length": {**one, "name": "scaling/length", "results": lengths, "targets": []},
    }
    return found


@pytest.mark.parametrize("draw", [charts.peers, charts.scaling])
def test_charts_are_the_same_each_time_and_well_formed(draw):
    found = with_growth()
    drawn = draw(found)
    assert draw(json.loads(json.dumps(found))) == drawn
    words = " ".join(ElementTree.fromstring(drawn).itertext())
    assert "A processor" in words
    assert "prefers-color-scheme:dark" in drawn


def test_bars_stand_for_whoever_ran_ours_first():
    names = [name for name, _ in charts.bars(FOUND["rows"][0])]
    assert names == ["seedaug", "fast peer", "slow peer"]
    drawn = charts.peers(with_growth())
    assert "150 µs, 6.0x" in drawn
    assert "kornia" not in drawn


def test_the_results_page_holds_every_contender(tmp_path):
    found = {**with_growth(), "instructions": {"missing": "no such thing"}}
    (tmp_path / "cpu-avx2.json").write_text(json.dumps(found))
    page = report.results_page(tmp_path)
    for words in (
        "slow peer",
        "| kornia | not installed |",
        "no such thing",
        "wanted 4.0x: NOT MET",
    ):
        assert words in page
    assert "docs/benchmarks-peers.svg" in report.section(tmp_path)


def test_verdicts_in_words():
    target = {"ours": "a", "wanted": 2.0, "measured": 2.5, "met": False, "within": True}
    assert report.verdict({**target, "against": FLOOR}, "image") == (
        "a: 2.50 times the floor, at most 2: NOT MET"
    )
    assert report.verdict({**target, "against": SECONDS}, "epoch") == (
        "a: 2.50 s, at most 2.00 s: NOT MET"
    )


@pytest.mark.parametrize("text", ["none", report.BEGIN, report.END + report.BEGIN])
def test_a_readme_without_the_markers_is_an_error(text):
    with pytest.raises(ValueError, match="once each"):
        report.replace(text, "drawn")


def test_readme_charts_and_results_page_hold_what_the_results_give():
    readme = report.ROOT / "README.md"
    if not readme.is_file() or report.BEGIN not in readme.read_text():
        pytest.skip("the README has no table")
    drawn = report.files(readme.read_text())
    assert [str(path) for path in report.stale(drawn)] == [], "run `python -m benchmarks.report`"
