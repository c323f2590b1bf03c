"""The linter on code that nobody means to write: it ends, and says something of the rest."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from seedaug.lint.command import main
from seedaug.lint.engine import analyse
from seedaug.lint.settings import Settings

DATASET = """
import numpy as np
from torch.utils.data import Dataset, DataLoader

class Noisy(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)
    def __getitem__(self, index):
        return {draw}

DataLoader(Noisy(), num_workers=2)
"""


def codes(folder: Path) -> list[str]:
    report = analyse(sorted(folder.glob("*.py")), Settings(jobs=1))
    return [finding.code for finding in report.findings]


def test_modules_that_star_import_each_other_are_followed_once(tmp_path: Path) -> None:
    names = [f"part{number}" for number in range(12)]  # each imports all others
    for name in names:
        text = "".join(f"from {other} import *\n" for other in names)
        (tmp_path / f"{name}.py").write_text(text)
    with (tmp_path / "part7.py").open("a") as file:
        file.write("import numpy as np\nrng = np.random.default_rng(0)\n")
    text = DATASET.format(draw="rng.normal() + nowhere.normal()")
    (tmp_path / "main.py").write_text("from part0 import *\n" + text)
    assert codes(tmp_path) == ["SDA101"]


def test_a_name_that_is_too_long_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["x" * 5000]) == 2
    assert "there is no such file or folder" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(DATASET.format(draw="self.rng.normal()"))
    with open("/dev/full", "w") as full:
        ended = lint(tmp_path, stdout=full)
    assert ended.returncode == 2
    assert ended.stderr.endswith("the report cannot be written: No space left on device\n")


def test_a_closed_stdout_leaves_the_exit_status(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(DATASET.format(draw="self.rng.normal()"))
    ended = lint(tmp_path, preexec_fn=lambda: os.close(1))
    assert (ended.returncode, "internal error" in ended.stderr) == (1, False)


def lint(folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seedaug", "lint", "--no-config", str(folder)]
    return subprocess.run(
        command, stderr=subprocess.PIPE, text=True, timeout=60, check=False, **options
    )


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")
@pytest.mark.parametrize(("which", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_processes(tmp_path: Path, which: int, status: int) -> None:
    text = DATASET.format(draw="self.rng.normal()") + "x = [self.a.b(c) for c in d]\n" * 4000
    for number in range(200):
        (tmp_path / f"a{number}.py").write_text(text)
    command = [sys.executable, "-m", "seedaug", "lint", "--jobs", "2", "--no-config", str(tmp_path)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, start_new_session=True, **quiet) as running:  # type: ignore[call-overload]
        until = time.monotonic() + 30
        while len(session(running.pid)) < 3 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.3)
        running.send_signal(which)
        assert running.wait(20) == status
        assert session(running.pid) == []


def session(leader: int) -> list[int]:
    """The processes of a session."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] not in "ZX":
                found.append(int(name))
    return found


REMEDY = """
import numpy as np
from torch.utils.data import get_worker_info

def remedy(worker_id):
    info = get_worker_info()
    info.dataset.rng = np.random.default_rng(info.seed)
"""


def test_a_file_that_is_left_out_is_imported_by_one_that_is_not(tmp_path: Path) -> None:
    data = DATASET.format(draw="self.rng.random()").replace("=2)", "=2, worker_init_fn=remedy)")
    (tmp_path / "data.py").write_text("from left import remedy\n" + data)
    (tmp_path / "left.py").write_text(REMEDY)
    report = analyse([tmp_path / "data.py"], Settings(jobs=1))
    together = analyse([tmp_path / "data.py", tmp_path / "left.py"], Settings(jobs=1))
    assert [each.code for each in report.findings] == [each.code for each in together.findings]
