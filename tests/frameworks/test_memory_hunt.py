"""The long hunt for memory that is used again too early: every way of holding, beside torch's.

Twenty ways at a time, held in turn, in a process of their own. torch's loader is the control: where
its batches are right, seedaug's are; and seedaug leaves no more files, descriptors or maps behind.
"""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from memory_hunt import hunted, run
from memory_ways import WAYS

TOGETHER = 20  # ways in one process
EACH = 60  # batches held in each

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs fork and /proc"),
]


@pytest.mark.parametrize("strategy", ["file_descriptor", "file_system"])
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("first", range(0, len(WAYS), TOGETHER))
def test_no_batch_is_written_over(first, workers, strategy):
    ways = [*WAYS.values()][first : first + TOGETHER]
    ours = hunted("ours", workers, EACH * len(ways), strategy, ways)
    torchs = hunted("torch", workers, EACH * len(ways), strategy, ways)
    assert ours["wrong"] == {}
    assert not workers or torchs["wrong"] == {}
    assert ours["files"] <= max(torchs["files"], 0) + 4  # fewer, where an earlier one was left
    assert ours["maps"] <= torchs["maps"] + 4


def test_memory_grows_no_more_than_torchs_over_a_hundred_epochs():
    """Nor do descriptors, in the loader's process and in its workers.

    Memory is that of all processes, without files. It grows by what forked workers no longer share.
    """
    growth = {}
    for whose in ("ours", "torch"):
        first, last = json.loads(run(["-c", EPOCHS.format(whose=whose)])[0])
        growth[whose] = {name: last[name] - before for name, before in first.items()}
    for name, more in growth["torch"].items():
        slack = 8 << 20 if name == "bytes" else 6
        assert growth["ours"][name] <= more + slack, (name, growth)


@pytest.mark.parametrize("ending", ["alive", "half", "deleted", "stopped", "thread", "killed"])
@pytest.mark.parametrize("whose", ["ours", "torch"])
def test_the_end_of_the_interpreter(whose, ending):
    """With batches alive, in the middle of a pass, after the loader, or with a worker killed."""
    out, errors = run(["-c", ENDINGS.format(whose=whose, ending=ending)])
    assert json.loads(out)
    assert errors == ""


EPOCHS = """
import gc, json, os
from memory_hunt import make_loader
loader, seen = make_loader("{whose}", 2), []

def look():
    gc.collect()
    found = {{"bytes": 0}}
    for name, process in [("own", os.getpid())] + [
        (f"worker{{n}}", w.pid) for n, w in enumerate(loader._iterator._workers)
    ]:
        found["files " + name] = len(os.listdir(f"/proc/{{process}}/fd"))
        with open(f"/proc/{{process}}/smaps_rollup") as file:
            sizes = [line.split() for line in file]
        found["bytes"] += sum(int(s[1]) << 10 for s in sizes if s[0] in ("Pss_Anon:", "Pss_Shmem:"))
    return found

for epoch in range(110):
    for images, labels in loader:
        images.numpy().sum()
    if epoch in (9, 109):
        seen.append(look())
print(json.dumps(seen))
"""

ENDINGS = """
import gc, json, os, signal, sys, threading, time
import numpy as np
from memory_hunt import make_loader
loader = make_loader("{whose}", 2, persistent_workers="{ending}" != "stopped")
passes, held = iter(loader), []
for n, (images, labels) in enumerate(passes):
    held.append((images[1:], images.numpy(), images.numpy().copy()))
    if n == 5 and "{ending}" != "stopped":
        break
if "{ending}" == "killed":
    for worker in loader._iterator._workers:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.kill(worker.pid, signal.SIGKILL)
    time.sleep(0.5)
if "{ending}" in ("deleted", "stopped", "killed"):
    del loader, passes
    gc.collect()
    time.sleep(0.5)
if "{ending}" == "thread":
    keep = list(held)
    threading.Thread(target=lambda: (time.sleep(1), [a.sum() for _, a, _ in keep])).start()
right = all(np.array_equal(a, b) and np.array_equal(x.numpy(), b[1:]) for x, a, b in held)
print(json.dumps(right), flush=True)
if "{ending}" == "half":
    del held[::2]
"""
