"""The benchmarks' own logic: checks, turns, verdicts, tables. Nothing timed is asserted."""

import copy
import json
import time

import pytest
import torch

import seedaug
from benchmarks import (
    bench_gpu,
    bench_images,
    bench_numbers,
    bench_threads,
    compare_devices,
    machine,
    peers,
    report,
)
from benchmarks.harness import (
    Contender,
    Row,
    Target,
    Timing,
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
    assert verdict == {"ours": "us", "against": "b", "wanted": 3.5, "measured": 3.5, "met": True}
    assert not judge(Target("us", ("b",), 3.6), medians)["met"]
    assert judge(Target("us", ("absent",), 1.0), medians) is None


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


def test_a_peer_that_does_other_work_is_found():
    made = SMALL.compose()(SMALL.images(2), seedaug.keys(index=range(2)))
    SMALL.check_peer(made, 2)
    for wrong in (made * 0.99, made * 2, made * 0):
        with pytest.raises(AssertionError):
            SMALL.check_peer(wrong, 2)


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
        for target in one.targets:
            assert target.ours in names
            assert set(target.against) <= set(names)


def test_a_forced_instruction_set_is_the_only_one(monkeypatch):
    monkeypatch.setenv("SEEDAUG_ISA", "whichever")
    assert len(bench_numbers.isas()) == 1


def test_the_machine_is_described():
    assert machine.describe()["cores"] >= 1
    assert machine.versions()["torch"] == torch.__version__


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


@pytest.mark.parametrize("text", ["none", report.BEGIN, report.END + report.BEGIN])
def test_a_readme_without_the_markers_is_an_error(text):
    with pytest.raises(ValueError, match="once each"):
        report.replace(text, "drawn")


def test_the_readme_holds_what_the_results_give():
    readme = report.ROOT / "README.md"
    if not readme.is_file() or report.BEGIN not in readme.read_text():
        pytest.skip("the README has no table")
    text = readme.read_text()
    assert report.replace(text, report.section()) == text, "run `python -m benchmarks.report`"
