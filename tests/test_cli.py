"""The command line: what it accepts, prints and returns."""

import subprocess
import sys

import pytest

import seedaug.demo
from seedaug import cli


def test_info(capsys):
    assert cli.main(["info"]) == 0
    assert "stream version" in capsys.readouterr().out


def test_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "seedaug", "info"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("seedaug ")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "command"),
        (["dance"], "invalid choice"),
        (["demo", "--workers", "1"], "--workers: must be from 2 to 32, got '1'"),
        (["demo", "--workers", "four"], "--workers: must be from 2 to 32, got 'four'"),
        (["demo", "--epochs", "21"], "--epochs: must be from 2 to 20, got '21'"),
    ],
)
def test_wrong_arguments(capsys, arguments, text):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert text in capsys.readouterr().err


def test_what_the_demo_cannot_go_on_from(capsys, tmp_path):
    assert cli.main(["demo", "--images", str(tmp_path), "--out", str(tmp_path / "x.png")]) == 2
    assert cli.main(["demo", "--out", str(tmp_path / "x.gif")]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("no JPEG or PNG file that can be read in it")
    assert "a name that ends in .png" in second


@pytest.mark.parametrize("status", [0, 1])
def test_the_demos_status_is_the_commands(monkeypatch, status):
    monkeypatch.setattr(seedaug.demo, "run_demo", lambda *arguments: status)
    assert cli.main(["demo"]) == status


def test_an_interrupted_demo(monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(seedaug.demo, "run_demo", interrupted)
    assert cli.main(["demo"]) == 130
    assert capsys.readouterr().err == "seedaug demo: interrupted\n"
