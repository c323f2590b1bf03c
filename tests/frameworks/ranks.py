"""A user's script on ranks, as a launcher runs it, but forked where its libraries are loaded."""

import contextlib
import gc
import multiprocessing
import os
import random
import runpy
import socket
import sys
import tempfile
from pathlib import Path

LIMIT = 400  # seconds for a script
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [f"{__package__}.loaded", "accelerate", "lightning", "timm", "transformers"]
)


def free_port() -> int:
    """A port below those that the system gives out: nobody gets it before a rank binds it."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


def place(rank: int, ranks: int, port: int) -> dict[str, str]:
    """What a launcher puts into the environment of a rank."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(ranks),
        "LOCAL_WORLD_SIZE": str(ranks),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": "none",
    }


def _run(script, arguments, environment, files):
    gc.freeze()  # what was loaded is not searched again
    os.environ.update(environment)
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    multiprocessing.set_start_method("fork", force=True)  # as it is where a script is begun
    sys.argv[:] = [script, *arguments]
    runpy.run_path(script, run_name="__main__")


def launch(script, *arguments, ranks):
    """Run a script to its end; what each rank printed, and what it said of errors.

    Raises:
        AssertionError: a rank ended badly; with the end of what it said.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        started = []
        for rank in range(ranks):
            files = [str(Path(folder, f"{rank}.{kind}")) for kind in ("out", "err")]
            environment = {"ACCELERATE_USE_CPU": "1"}
            if ranks > 1:
                environment |= place(rank, ranks, port)
            process = SERVER.Process(target=_run, args=(str(script), arguments, environment, files))
            process.start()
            started.append((process, files))
        for process, _ in started:
            process.join(LIMIT)
        outputs = [[Path(file).read_text() for file in files] for _, files in started]
    for (process, _), (_, errors) in zip(started, outputs, strict=True):
        process.kill()
        assert process.exitcode == 0, errors[-3000:]
    return outputs
