"""The benchmarks' own logic: checks, turns, verdicts. Nothing timed is asserted."""

import json
import time

import pytest
import torch

from benchmarks import machine
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


def row(*contenders, **options):
    floor = Contender("copy", lambda: None)
    return Row("a/row", "Work", "value", 2, contenders, floor, **options)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


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
    assert judge(Within("us", 1.0, FLOOR, "bound"), medians)["measured"] == pytest.approx(3 / 4.5)
    assert judge(Within("us", 1.5, "absent"), medians) is None
    assert judge(Within("us", 1.5, FLOOR, "absent"), medians) is None
    assert judge(Within("absent", 1.5), medians) is None


def test_bounds_are_timed_but_are_no_contenders(threads):
    bound = Contender("bound", lambda: None)
    targets = [Within("a", 1e9), Within("a", 1e9, "bound")]
    one = row(Contender("a", lambda: None), bounds=[bound], targets=targets)
    found = measure(one, seconds=0.01)
    assert found["bounds"]["bound"]["rounds"] > 0
    assert "bound" not in found["results"]
    assert [target["against"] for target in found["targets"]] == [FLOOR, "bound"]
