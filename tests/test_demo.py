"""The demo: what it counts, compares, claims, prints and draws, with real workers."""

import io
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedaug import cli, progress
from seedaug.demo import DemoError, check_out, measure, photos, runs, sheet, table, ways
from seedaug.demo.ways import WAYS, Global, Held, Remedy, Seedaug
from seedaug.plot import RED


@pytest.fixture(scope="module")
def setting():
    """One photograph of noise: any two crops of it differ."""
    noise = np.random.default_rng(0).integers(0, 256, (3, 200, 300), dtype=np.uint8)
    return measure.Setting([noise], workers=4, epochs=3)


@pytest.fixture(scope="module")
def results(setting):
    """Everything but the kill and the times, for all four ways."""
    made = []
    for way in WAYS:
        done = {n: runs.run(way, setting.shown.with_workers(n)) for n in setting.counts}
        same = {n: run.same_as(done[4]) for n, run in done.items()}
        again = 0 if way.plain_resume else 8
        resumed = {"plain": runs.Resumed(done[4 if way.plain_resume else 2], again)}
        made.append(measure.Result(way, done, resumed, same, seconds=[1.0]))
    return made


# What README says of torch 2.13: 16 samples x 3 epochs x 4 workers.


@pytest.mark.parametrize(("number", "distinct"), [(0, 4), (1, 16), (2, 48), (3, 48)])
def test_distinct_draws(results, number, distinct):
    assert results[number].total == 48
    assert results[number].distinct == distinct


@pytest.mark.parametrize(("way", "distinct"), [(Held(), 12), (Global(), 48), (Seedaug(), 48)])
def test_distinct_draws_of_persistent_workers(setting, way, distinct):
    assert runs.run(way, replace(setting.shown, persistent=True)).distinct() == distinct


def test_the_remedy_ignores_the_seed(setting, results, monkeypatch):
    monkeypatch.setattr(ways, "SEED", 1234)
    again = runs.run(Remedy(), setting.shown)
    assert again.order != results[1].reference.order  # the shuffling follows the seed
    draws = [{c.tobytes() for c in run.crops.values()} for run in (again, results[1].reference)]
    assert draws[0] == draws[1]


def test_only_seedaug_is_the_same_with_any_number_of_workers(results):
    assert [result.same_run for result in results] == [False, False, False, True]


def test_every_way_is_the_same_when_nothing_changes(setting, results):
    for result in results:
        assert runs.run(result.way, setting.shown).same_as(result.reference)


# An interruption


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (Global(), {"plain": (False, 8), "states": (True, 8)}),
        (Seedaug(), {"plain": (True, 0)}),
    ],
)
def test_a_killed_run_and_its_end(setting, way, expected):
    plan = setting.shown
    reference = runs.run(way, plan)
    resumed = runs.kill_and_resume(way, plan, setting.killed_after)
    measured = {
        how: (end.whole.same_as(reference), end.loaded_again) for how, end in resumed.items()
    }
    assert measured == expected


def test_a_child_that_dies_is_told_of(setting):
    plan = replace(setting.shown, photos=[])
    with pytest.raises(DemoError, match="the training process died"):
        runs.kill_and_resume(Seedaug(), plan, setting.killed_after)


def test_runs_differ_by_a_byte_an_order_or_a_sample():
    def made(order, value=0):
        run = runs.Run()
        run.add(0, order, np.full((len(order), 3, 2, 2), value, np.uint8))
        return run

    assert made([0, 1]).same_as(made([0, 1]))
    assert not made([0, 1]).same_as(made([1, 0]))
    assert not made([0, 1]).same_as(made([0, 1], value=1))
    assert not made([0, 1]).same_as(made([0]))
    assert made([0, 1]).distinct() == 1


# Claims and table


def test_all_claims_hold(results):
    assert [claim.text for claim in measure.claims(results) if not claim.holds] == []


def test_a_claim_that_does_not_hold(results):
    ours = replace(results[3], same_with={4: True, 2: False, 0: True})
    failed = [claim.text for claim in measure.claims([*results[:3], ours]) if not claim.holds]
    assert failed == ["seedaug gives the same bytes with 0, 2, 4 workers"]


def test_the_table_says_what_was_measured(results, setting, capsys):
    table.print_table(results, [measure.Claim("pigs fly", False)], setting)
    text = capsys.readouterr().out
    held = next(line for line in text.splitlines() if line.startswith("generator held"))
    assert "4 of 48" in held
    assert "  no  " in held
    assert "1,024" in held
    ours = next(line for line in text.splitlines() if line.startswith("seedaug "))
    assert "yes, loads nothing again" in ours
    assert "FAILS  pigs fly" in text
    assert max(len(line) for line in text.splitlines()) <= 110


@pytest.mark.parametrize("workers", [2, 3, 4, 8])
def test_three_worker_counts_are_compared(setting, workers):
    counts = replace(setting, workers=workers).counts
    assert len(set(counts)) == 3
    assert counts[0] == workers
    assert 0 in counts


# Progress


def test_no_bar_where_there_is_no_terminal(capsys):
    with progress.progress(3) as step:
        step("one", "a")
        step("one", "b")
        step("two", "c")
    assert capsys.readouterr().out == "measuring: one\nmeasuring: two\n"


class Terminal(io.StringIO):
    """Standard output that says it is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize("rich", [True, False])
def test_a_bar_on_a_terminal(monkeypatch, results, setting, rich):
    if rich:
        pytest.importorskip("rich")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    for module in (progress, table):
        monkeypatch.setattr(module, "has_rich", lambda: rich)
    with progress.progress(2) as step:
        step("stage", "detail")
        step("stage", "more")
    assert "stage: more" in terminal.getvalue()
    table.print_table(results, [], setting)
    assert "48 of 48" in terminal.getvalue()


# The contact sheet


def test_the_sheet_frames_what_repeats_and_what_differs(results, setting, tmp_path):
    path = tmp_path / "sheet.png"
    sheet.write_sheet(results, setting, path)
    image = Image.open(path)
    assert image.size[0] == sheet.WIDTH
    red = (np.asarray(image) == RED).all(axis=-1)
    rows = np.array_split(np.arange(sheet.HEAD, image.size[1] - sheet.FOOT), len(results))
    left, right = slice(sheet.LEFT, sheet.RIGHT - 10), slice(sheet.RIGHT, None)
    frame = red[sheet.HEAD : sheet.HEAD + sheet.TILE_HEIGHT, left][0].sum()  # the upper edges
    assert frame == 3 * sheet.TILE  # of three repeats in the first row of tiles
    counted = [(red[row][:, left].sum(), red[row][:, right].sum()) for row in rows]
    repeats, differences = zip(*counted, strict=True)
    assert repeats[0] > repeats[1] > 0
    assert repeats[2:] == (0, 0)
    assert min(differences[:3]) > 0
    assert differences[3] == 0


@pytest.mark.parametrize(("workers", "epochs"), [(2, 2), (5, 4)])
def test_the_sheet_of_other_settings(results, setting, tmp_path, workers, epochs):
    chosen = replace(setting, workers=workers, epochs=epochs)
    done = {n: runs.run(Seedaug(), chosen.shown.with_workers(n)) for n in chosen.counts}
    ours = measure.Result(Seedaug(), done, {"plain": runs.Resumed(done[0], 0)}, {})
    sheet.write_sheet([ours], chosen, tmp_path / "sheet.png")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sheet.jpg", r"is a PNG; give a name that ends in \.png"),
        ("sheet", "is a PNG"),
        ("missing/sheet.png", "there is no folder .*missing"),
        ("folder.png", "that is a folder"),
    ],
)
def test_an_out_that_cannot_be_written(tmp_path, name, text):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(DemoError, match=f"--out .*{name}: .*{text}"):
        check_out(tmp_path / name)


def test_an_out_without_permission(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(DemoError, match="you may not write there"):
        check_out(tmp_path / "sheet.png")


# Photographs


def test_scikit_images_photographs():
    pytest.importorskip("skimage")
    album = photos.read_album(None)
    assert len(album.photos) == len(photos.BUNDLED)
    assert album.sizes > 4
    for photo in album.photos:
        assert photo.dtype == np.uint8
        assert photo.shape[0] == 3
        assert min(photo.shape[1:]) == photos.SHORT_SIDE
        assert all(n >= crop for n, crop in zip(photo.shape[1:], ways.CROP, strict=True))


def test_a_folder_of_mixed_files(tmp_path):
    (tmp_path / "inner").mkdir()
    Image.new("RGB", (300, 200), "red").save(tmp_path / "a.jpg")
    Image.new("RGBA", (20, 10)).save(tmp_path / "inner" / "b.PNG")
    Image.new("I;16", (64, 64)).save(tmp_path / "c.png")
    Image.new("L", (4000, 3)).save(tmp_path / "d.jpeg")
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter turn
    Image.new("RGB", (300, 200)).save(tmp_path / "e.jpg", exif=turned)
    (tmp_path / "f.png").write_bytes(b"not a picture")
    (tmp_path / "g.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:300])
    (tmp_path / "notes.txt").write_text("no photograph")
    album = photos.read_album(tmp_path)
    shapes = [photo.shape for photo in album.photos]
    assert shapes == [(3, 256, 384), (3, 256, 256), (3, 256, 768), (3, 384, 256), (3, 256, 512)]
    assert [remark.split(":")[0] for remark in album.remarks] == [
        "left out f.png",
        "left out g.jpg",
    ]


def test_a_large_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "AT_MOST", 2)
    for name in "abc":
        Image.new("RGB", (9, 9)).save(tmp_path / f"{name}.png")
    album = photos.read_album(tmp_path)
    assert len(album.photos) == 2
    assert album.remarks == ["only the first 2 photographs are used"]


def test_folders_without_photographs(tmp_path):
    with pytest.raises(DemoError, match="there is no such folder"):
        photos.read_album(tmp_path / "missing")
    with pytest.raises(DemoError, match="no JPEG or PNG file that can be read"):
        photos.read_album(tmp_path)
    (tmp_path / "bad.png").write_bytes(b"")
    with pytest.raises(DemoError, match=r"left out bad\.png"):
        photos.read_album(tmp_path)


@pytest.mark.parametrize(("missing", "folder"), [("PIL", None), ("PIL", Path()), ("skimage", None)])
def test_a_package_that_is_missing(monkeypatch, missing, folder):
    real = photos.importlib.util.find_spec
    monkeypatch.setattr(
        photos.importlib.util, "find_spec", lambda name: None if name == missing else real(name)
    )
    with pytest.raises(DemoError, match=r"pip install 'seedaug\[demo\]'"):
        photos.read_album(folder)


# All of it


def test_the_command(tmp_path, monkeypatch, capsys):
    """On a folder of the user's, with other numbers than the defaults."""
    monkeypatch.setattr(measure, "TIMED", 32)
    monkeypatch.setattr(measure, "ROUNDS", 1)
    noise = np.random.default_rng(0).integers(0, 256, (3, 200, 300, 3), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels[: 200 - 20 * number]).save(tmp_path / f"{number}.png")
    out = tmp_path / "sheet.png"
    given = ["--images", str(tmp_path), "--workers", "3", "--epochs", "2", "--out", str(out)]
    assert cli.main(["demo", *given]) == 0
    text, errors = capsys.readouterr()
    assert errors == ""
    assert "\r" not in text
    assert "3 photographs" in text
    assert "FAILS" not in text
    assert Image.open(out).size[0] == sheet.WIDTH


def test_a_claim_that_fails_is_the_exit_status(tmp_path, monkeypatch, capsys, results):
    pytest.importorskip("skimage")
    ours = replace(results[3], by_workers=results[0].by_workers)  # which repeat themselves
    monkeypatch.setattr(measure, "measure", lambda setting, step: [*results[:3], ours])
    assert cli.main(["demo", "--out", str(tmp_path / "sheet.png")]) == 1
    assert "FAILS  seedaug never repeats a draw" in capsys.readouterr().out
