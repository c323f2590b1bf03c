"""Elastic torchrun: a run that loses a rank goes on with its order, nothing lost or doubled."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import seedaug

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "with-torchrun.md").read_text()
SCRIPT = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]

pytestmark = pytest.mark.slow

# Runs the page's script; in the victim, step STEP is the last that it lives to see.
RUNNER = """
import faulthandler, os, runpy, signal, sys
faulthandler.dump_traceback_later(80)  # where it hangs, if it does
from torch.optim.optimizer import register_optimizer_step_post_hook

steps = 0

def count(*_):
    global steps
    steps += 1
    victim = os.environ.get("VICTIM") in (os.environ["RANK"], "any")
    if not victim or steps != int(os.environ["STEP"]):
        return
    try:
        os.close(os.open(os.environ["MARKER"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    if os.environ["VICTIM"] == "any":
        os.kill(os.getppid(), signal.SIGKILL)  # its agent: the whole machine is gone
    os.kill(os.getpid(), signal.SIGKILL)

register_optimizer_step_post_hook(count)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

SECONDS = 240  # a run takes ten where nothing else runs
QUICK = "last_call_timeout=1,keep_alive_interval=1,keep_alive_max_attempt=3,join_timeout=60"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def launch(folder, options, **environment):
    for name, text in (("runner.py", RUNNER), ("train.py", SCRIPT)):
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "torch.distributed.run", *options, "--max-restarts=9"]
    command += ["--local-addr=127.0.0.1", folder / "runner.py", folder / "train.py"]
    settings = {
        **os.environ,
        "GLOO_SOCKET_IFNAME": "lo",
        "MARKER": str(folder / "killed"),
        "OMP_NUM_THREADS": "1",
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",  # as the page says
        "PYTHONPATH": str(Path(seedaug.__file__).parents[1]),
        **environment,
    }
    with (folder / f"said-{len([*folder.iterdir()])}").open("w+") as said:
        process = subprocess.Popen(
            [*command, folder / "run.pt"],
            env=settings,
            cwd=folder,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    return process, Path(said.name)


def end(process, said):
    """What it printed, once it has ended, by itself or in the end by force."""
    try:
        process.wait(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()  # an agent ends its workers then
        process.wait(timeout=60)
        pytest.fail(f"not done in {SECONDS} s: {said.read_text()}")
    return said.read_text()


def wanted():
    """What each sample's draws come to in a plain loop, by epoch and index."""
    space = {}
    exec(SCRIPT.split("def main")[0], space)
    photos = space["Photos"]()
    augment = seedaug.Compose([seedaug.RandomCrop(8), seedaug.RandomHorizontalFlip()])
    sums = torch.zeros(space["EPOCHS"], len(photos))
    for epoch in range(space["EPOCHS"]):
        for index in range(len(photos)):
            made = augment(photos[index][0], keys=seedaug.Key(0, epoch, 0, index))
            sums[epoch, index] = made.sum()
    return sums


def assert_whole(folder):
    saved = torch.load(folder / "run.pt")
    assert torch.equal(saved["seen"], wanted())  # a sample lost is 0, one twice the double
    return saved["loader"]


def test_the_script_is_short():
    assert len(SCRIPT.splitlines()) < 60


@pytest.mark.parametrize("step", [3, 9])
def test_a_killed_rank_is_started_again(step, tmp_path):
    options = ["--standalone", "--nproc-per-node=2"]
    run, said = launch(tmp_path, options, STEP=str(step), VICTIM="1")
    printed = end(run, said)
    assert run.returncode == 0, printed
    assert (tmp_path / "killed").exists()
    assert_whole(tmp_path)


@pytest.mark.parametrize("step", [3, 9])
def test_the_rest_goes_to_the_rank_that_is_left(step, tmp_path):
    options = ["--nnodes=1:2", "--nproc-per-node=1", "--rdzv-backend=c10d", "--rdzv-id=run"]
    options += [f"--rdzv-endpoint=127.0.0.1:{free_port()}"]
    stays, said = launch(tmp_path, [*options, f"--rdzv-conf=is_host=1,{QUICK}"], STEP="0")
    goes, _ = launch(
        tmp_path, [*options, f"--rdzv-conf=is_host=0,{QUICK}"], STEP=str(step), VICTIM="any"
    )
    printed = end(stays, said)
    end(goes, said)
    assert stays.returncode == 0, printed
    assert goes.returncode == -signal.SIGKILL
    assert (tmp_path / "killed").exists()
    state = assert_whole(tmp_path)
    # The last epoch's batches: of 8 while there were two ranks, of 4 since.
    assert state["samples"] == 50
    assert state["batch"] > 7
