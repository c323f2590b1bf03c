"""What is drawn from the JSON: tables, charts, the page of all results."""

import copy
import json
import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks import charts, report
from benchmarks.harness import FLOOR, SECONDS


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


def test_the_table_names_the_fastest_peer_and_what_is_not_installed():
    drawn = report.table(FOUND)
    assert "| One image | 50.0 µs | 150 µs (fast peer) | 3.0x | 50% |" in drawn
    about = " ".join(drawn.split())
    assert "not installed: kornia" in about
    assert (
        "A processor, avx2, one thread (processor time; loaders by the wall); seedaug 1.0" in about
    )


def test_a_row_without_peers_is_left_out_of_the_table():
    found = copy.deepcopy(FOUND)
    for name in ("slow peer", "fast peer"):
        del found["rows"][0]["results"][name]
    assert "One image" not in report.table(found)


def test_other_instruction_sets_are_left_to_the_page():
    found = copy.deepcopy(FOUND)
    for name in ("words/avx2", "words/scalar"):
        found["rows"].append({**found["rows"][0], "name": name, "title": name})
    drawn = report.table(found)
    assert "| words/avx2 |" in drawn
    assert "words/scalar" not in drawn
    assert "### words/scalar" in report.long_table(found)


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
