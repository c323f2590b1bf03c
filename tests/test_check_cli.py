"""`python -m seedaug check`: targets, files, exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seedaug import cli
from seedaug.check import scenarios

HERE = Path(__file__).parent
FIXTURES = HERE / "check_fixtures.py"
QUICK = ["--max-samples", "200", "--seconds", "30"]


@pytest.fixture(autouse=True)
def no_spawning(monkeypatch):
    monkeypatch.setattr(scenarios, "_SPAWN_SECONDS", 1e9)


@pytest.mark.parametrize(
    ("target", "status"),
    [("check_fixtures:make_healthy", 0), ("check_fixtures:held", 1),
     (f"{FIXTURES}:make_broken", 1)],
)  # fmt: skip
def test_status(target, status, capsys):
    assert cli.main(["check", target, *QUICK]) == status
    assert ("Healthy" in capsys.readouterr().out) == (status == 0)


def test_strict_and_allow(tmp_path, capsys):
    program = tmp_path / "loads.py"
    program.write_text(
        "import check_fixtures as k\ndef make():\n    return k.loader(k.GlobalNumpy())\n"
    )
    target = f"{program}:make"
    assert cli.main(["check", target, *QUICK]) == 0
    assert cli.main(["check", target, *QUICK, "--strict"]) == 1
    allow = ["--allow", "depends-on-workers", "--allow", "not-resumable"]
    assert cli.main(["check", target, *QUICK, "--strict", *allow]) == 0


def test_files_and_json(tmp_path, capfd):
    html, png = tmp_path / "a.html", tmp_path / "a.png"
    files = ["--html", str(html), "--png", str(png)]
    options = ["--json", "--workers", "3", "--epochs", "2"]
    assert cli.main(["check", "check_fixtures:held", *QUICK, *options, *files]) == 1
    read = json.loads(capfd.readouterr().out)
    assert {(t["epoch"], t["worker"]) for t in read["draws"]["tiles"]} == {
        (e, w) for e in range(2) for w in range(3)
    }
    assert html.stat().st_size > 1000
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["check_fixtures"], "must be package.module:name or path/to/file.py:name"),
        (["no_such_module:x"], "ModuleNotFoundError: No module named 'no_such_module'"),
        (["no_such_file.py:x"], "no_such_file.py is no file"),
        (["check_fixtures:nothing"], "AttributeError"),
        (["check_fixtures:NOT_A_LOADER"], "is no DataLoader and makes none: got int"),
        (["check_fixtures:init_raises"], "TypeError"),
        (["check_fixtures:make_crashing"], "photo_5.jpg is truncated"),
        (["check_fixtures:held", "--epochs", "1"], "epochs must be from 2 to 16, got 1"),
        (["check_fixtures:held", "--html", "no/such/folder/x.html"], "no/such/folder is no folder"),
    ],
)
def test_what_cannot_be_checked(arguments, text, capsys):
    assert cli.main(["check", *arguments]) == 2
    captured = capsys.readouterr()
    assert text in captured.err
    assert captured.err.startswith("seedaug check: ")
    assert captured.err.count("\n") == 1
    assert not captured.out


def test_wrong_arguments(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["check"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", "a:b", "--allow", "healthy"])
    assert ended.value.code == 2


def test_as_a_program_that_prints(tmp_path):
    """What the user's code prints goes to stderr: stdout is the report's."""
    (tmp_path / "noisy.py").write_text(
        "print('hello from the module')\n"
        "class Loud:\n"
        "    def __len__(self): return 8\n"
        "    def __getitem__(self, i):\n"
        "        print('hello from a sample')\n"
        "        return i\n"
        "def make():\n"
        "    from torch.utils.data import DataLoader\n"
        "    return DataLoader(Loud(), batch_size=2, num_workers=2)\n"
    )
    arguments = ["check", "noisy:make", *QUICK, "--seconds", "11", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "seedaug", *arguments],
        capture_output=True, text=True, cwd=tmp_path, timeout=100, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdicts"] == ["deterministic"]
    assert "hello from a sample" in done.stderr
