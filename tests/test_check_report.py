"""What a check shows: text, JSON, HTML, the heat map, and assert_healthy."""

import json
from html.parser import HTMLParser

import check_fixtures as known
import numpy as np
import pytest
import torch
from check_fixtures import loader
from PIL import Image

import seedaug
from seedaug.check import Report, Severity, UnhealthyLoaderError, Verdict, heatmap, scenarios
from seedaug.check.grid import Tile
from seedaug.plot import Page, wrap

VOID = {"meta", "br"}


class Strict(HTMLParser):
    """Fails where tags don't match, and keeps tiles and text."""

    def __init__(self):
        super().__init__()
        self.open, self.tiles, self.text, self.outside = [], [], [], []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attributes)
        self.outside += [v for k, v in attributes if k in ("src", "href")]
        if given.get("class") == "tile":
            self.tiles.append(given["style"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def reports():
    """A broken loader's report and a healthy one's, both of two workers."""
    old, scenarios._SPAWN_SECONDS = scenarios._SPAWN_SECONDS, 1e9
    made = {
        "broken": seedaug.check_loader(known.make_broken()),
        "healthy": seedaug.check_loader(known.make_healthy()),
        "plain": seedaug.check_loader(loader(known.Rows())),
        "global": seedaug.check_loader(loader(known.GlobalNumpy())),
        "duplicated": seedaug.check_loader(loader(known.Stream(split=False))),
    }
    scenarios._SPAWN_SECONDS = old
    return made


def test_the_text_of_a_broken_loader(reports):
    text = str(reports["broken"])
    assert text.startswith("Workers repeat each other's random draws. Every epoch repeats")
    assert "error: repeats-across-workers" in text
    assert "culprit  dataset.rng: numpy Generator (PCG64), held; drawn from at check_fix" in text
    assert "8 different draws of 48 (dataset.rng)" in text
    rows = [line.split()[2:] for line in text.splitlines() if line.startswith("  epoch ")]
    assert rows == [list("ABCDEFGH") * 2] * 3
    assert max(len(line) for line in text.splitlines()) < 120


def test_the_text_of_others(reports):
    assert str(reports["healthy"]).startswith("Healthy: random draws, and none repeats.")
    assert "16 different draws of 16" in str(reports["healthy"])
    assert str(reports["plain"]).startswith("Deterministic")
    assert str(reports["global"]).startswith("No draw repeats. The random draws depend on how")
    assert "draws what epoch 0 drew" in str(reports["global"])
    assert "8 different batches of 32" in str(reports["duplicated"])


def test_what_a_notebook_shows(reports):
    for report in reports.values():
        lines = repr(report).splitlines()
        assert len(lines) == 3 + len(report.findings)
        assert lines[0] == str(report).splitlines()[0]
        assert lines[-1] == "print(report) shows it whole"
        assert max(map(len, lines)) <= 98
    assert "\nerror: repeats-across-workers: " in repr(reports["broken"])


def test_each_finding_has_evidence_and_a_remedy_of_two_lines(reports):
    for report in reports.values():
        for finding in report.findings:
            assert finding.evidence
            assert len(finding.remedy) == 2
            assert finding.severity in Severity


def test_json(reports):
    read = json.loads(reports["broken"].to_json())
    assert read["verdicts"][:2] == ["repeats-across-workers", "repeats-across-epochs"]
    assert read["healthy"] is False
    assert read["draws"]["tiles"][0] == {"epoch": 0, "worker": 0, "draws": [*"ABCDEFGH"]}
    assert {run["varied"] for run in read["runs"]} >= {"again", "workers", "batch size", "resumed"}
    assert json.loads(reports["plain"].to_json())["verdicts"] == ["deterministic"]


@pytest.mark.parametrize("name", ["broken", "healthy", "plain", "global", "duplicated"])
def test_html(reports, name, tmp_path):
    reports[name].write_html(tmp_path / "page.html")
    page = Strict()
    page.feed((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert not page.open
    assert not page.outside
    assert len(page.tiles) == reports[name].grid.counts[1] + 1  # and the legend's
    text = " ".join(page.text)
    for finding in reports[name].findings:
        assert finding.verdict.words in text
        assert finding.remedy[0] in text


def test_html_of_strange_names(reports, tmp_path):
    strange = reports["broken"].__class__(
        **{**vars(reports["broken"]), "notes": ("<script>alert(1)</script>",)}
    )
    strange.write_html(tmp_path / "page.html")
    assert "<script>" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def colors(path):
    """How many pixels of each colour."""
    pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    return {tuple(map(int, c)): int(n) for c, n in zip(found, counts, strict=True)}


def test_the_heat_map_of_a_broken_loader(reports, tmp_path):
    reports["broken"].write_png(tmp_path / "map.png")
    found = colors(tmp_path / "map.png")
    area = heatmap.SIDE**2
    for color in heatmap.COLORS[:8]:  # six tiles each: two workers, three epochs
        assert 4 * area < found[color] < 6.5 * area
    assert heatmap.OWN not in found


def test_colours_of_many_repeats_are_different():
    tiles = [Tile(str(group), group) for group in range(36)]
    assert len({heatmap.color_of(tile, True) for tile in tiles}) == 36
    for tile in tiles:  # letters can be read
        paper, ink = heatmap.color_of(tile, True), heatmap.ink_of(tile, True)
        assert sum(abs(a - b) for a, b in zip(paper, ink, strict=True)) > 240


def test_lines_are_wrapped_by_their_width():
    lines = wrap("a.very.long.name " * 9, 17, 300)
    assert len(lines) > 3
    assert all(Page(1, 1).text_width(line, 17) <= 300 for line in lines)
    assert " ".join(lines) == ("a.very.long.name " * 9).strip()
    assert wrap("", 17, 300) == []


def test_the_heat_map_of_others(reports, tmp_path):
    area = heatmap.SIDE**2
    reports["healthy"].write_png(tmp_path / "map.png")
    assert colors(tmp_path / "map.png")[heatmap.OWN] > 16 * area
    reports["plain"].write_png(tmp_path / "map.png")
    found = colors(tmp_path / "map.png")
    assert found[heatmap.DATA] > 12 * area
    assert all(found.get(color, 0) < area for color in heatmap.COLORS)


def test_no_tile_says_that_chance_is_a_repeat():
    """Flips of one bit are often equal, and no repeat."""
    for given in (loader(known.GlobalFlip()), loader(flips())):
        report = seedaug.check_loader(given, max_samples=400, seconds=11)
        distinct, total = report.grid.counts
        assert report.healthy
        assert distinct == total


def flips():
    flip = seedaug.RandomHorizontalFlip()
    images = torch.randint(0, 256, (40, 3, 4, 4), dtype=torch.uint8)
    return seedaug.SeededDataset(torch.utils.data.TensorDataset(images), 0, flip)


def test_the_heat_map_needs_pillow(reports, monkeypatch, tmp_path):
    monkeypatch.setattr(heatmap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pictures need Pillow"):
        reports["plain"].write_png(tmp_path / "map.png")


def test_passing(reports):
    assert reports["global"].healthy
    assert not reports["global"].passes(strict=True)
    both = {Verdict.DEPENDS_ON_WORKERS, Verdict.NOT_RESUMABLE}
    assert reports["global"].passes(strict=True, allow=both)
    assert not reports["broken"].passes(allow=both)


def test_assert_healthy():
    seedaug.assert_healthy(known.make_healthy(), strict=True, max_samples=200, seconds=11)
    with pytest.raises(UnhealthyLoaderError, match=r"(?s)not healthy.*dataset\.rng") as caught:
        seedaug.assert_healthy(known.make_broken(), max_samples=200, seconds=11)
    assert isinstance(caught.value, AssertionError)
    options = {"strict": True, "max_samples": 200, "seconds": 11}
    allow = ["depends-on-workers", "not-resumable"]
    seedaug.assert_healthy(loader(known.GlobalNumpy()), allow=allow, **options)
    with pytest.raises(ValueError, match="'nonsense' is not a valid Verdict"):
        seedaug.assert_healthy(known.make_healthy(), allow=["nonsense"])


def test_progress_is_told(capsys):
    told = []
    report = seedaug.check_loader(
        known.make_healthy(), max_samples=200, seconds=11,
        progress=lambda done, total, what: told.append((done, total, what)),
    )  # fmt: skip
    assert isinstance(report, Report)
    assert all(0 <= done <= total for done, total, _ in told)
    assert any("worker 1" in what for _, _, what in told)
    seedaug.check_loader(known.make_healthy(), max_samples=200, seconds=11, progress=True)
    assert capsys.readouterr() == ("", "")
