"""GPU: the fused batch and raw fills against the copy that bounds them, eager and as a CUDA graph.

`python -m benchmarks.bench_gpu [--out DIR]` writes gpu-<name>.json. With --device cpu it goes
through the same rows with small sizes and writes nothing: a dry run of its logic.

The floor of a batch is the device's own copy of as many bytes (half of them read, half written), in
the same run: "share_of_floor" is the share of the measured copy rate.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import seedaug
from benchmarks import gpu_peers, report
from benchmarks.collect import collect, write
from benchmarks.harness import Call, Contender, Row, Target, wall_seconds
from benchmarks.report import RESULTS
from benchmarks.workload import Work
from seedaug import functional as F


@dataclass(frozen=True)
class Place:
    """Where the rows run, and by what part their sizes are cut."""

    device: str
    cut: int = 1

    @property
    def is_gpu(self) -> bool:
        return self.device == "cuda"

    def clock(self, call: Call, calls: int) -> float:
        """Seconds between two events around the calls; on the CPU, wall seconds."""
        if not self.is_gpu:
            return wall_seconds(call, calls)
        begin = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        end = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
        begin.record()
        for _ in range(calls):
            call()
        end.record()
        end.synchronize()
        return float(begin.elapsed_time(end)) / 1e3


def bits(x: Tensor) -> Tensor:
    """The bytes of a tensor in logical order, on the CPU."""
    return x.contiguous().cpu().view(torch.uint8)


def graphed(place: Place, name: str, call: Call, check: Callable[[Any], None]) -> Contender:
    """The same call captured once and replayed: no Python, no launch by hand."""
    if not place.is_gpu:
        return Contender(name, missing="no GPU")
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        call()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result: Tensor = call()

    def replay() -> Tensor:
        graph.replay()
        return result

    return Contender(name, replay, check)


def checked_against_cpu(
    augment: seedaug.Compose, images: Tensor, keys: Tensor
) -> Callable[[Tensor], None]:
    """The first and last images bit for bit as the CPU makes them, one by one."""

    def check(result: Tensor) -> None:
        for n in (0, 1, len(images) - 1):
            alone = augment(images[n : n + 1].cpu(), keys=keys[n : n + 1].cpu())
            assert torch.equal(bits(result[n : n + 1]), bits(alone)), f"image {n} is not the CPU's"

    return check


def device_copy(place: Place, count: int) -> Contender:
    """The device's copy that reads and writes `count` bytes in all."""
    source = torch.zeros(max(count // 2, 1), dtype=torch.uint8, device=place.device)
    target = torch.empty_like(source)
    return Contender("copy of as many bytes", lambda: target.copy_(source))


def fused(
    place: Place, work: Work, count: int, per: str = "image", compile_too: bool = False
) -> Row:
    """uint8 to float16, parameters for each image; the device's copy is the floor."""
    count = max(count // place.cut, 4)
    images = work.images(min(count, 64)).repeat(-(-count // 64), 1, 1, 1)[:count].to(place.device)
    keys = seedaug.keys(epoch=1, index=range(count)).to(place.device)
    augment = work.compose(torch.float16)
    check = checked_against_cpu(augment, images, keys)
    out = torch.empty(work.shape(count), dtype=torch.float16, device=place.device)
    plain = out.numel()
    innermost = seedaug.Compose([augment], memory_format=torch.channels_last)
    source = images[..., : work.crop, : work.crop].contiguous()
    contenders = [
        Contender("seedaug", lambda: augment(images, keys=keys), check),
        Contender("seedaug, channels_last", lambda: innermost(images, keys=keys), check),
        graphed(place, "seedaug, CUDA graph", lambda: augment(images, keys=keys, out=out), check),
        Contender("uint8 to float16, copy_", lambda: out.copy_(source)),
        *gpu_peers.batches(work, images, compile_too),
    ]
    targets = []
    if work.noise:
        normals = torch.empty(work.shape(count), device=place.device)
        randn = "torch.randn alone"
        contenders.append(Contender(randn, lambda: torch.randn(normals.shape, out=normals)))
        targets.append(Target("seedaug", (randn,), 1.0))
    return Row(
        name=f"gpu-batch-{count}/{work.name}",
        title=f"GPU, batch of {count}, {work.title}, float16",
        per=per,
        items=count if per == "image" else 1,
        contenders=contenders,
        floor=device_copy(place, 3 * plain),
        targets=targets,
        note="kornia, torchvision and masked shifts end in float32",
        bytes=3 * plain // (count if per == "image" else 1),
        wall=True,
    )


def fills(place: Place, count: int) -> Iterator[Row]:
    """Numbers of one stream: nothing is read, so writing alone is the floor."""
    count //= place.cut
    key = seedaug.keys(index=[1])[0]
    there, buffer = key.to(place.device), torch.empty(count, device=place.device)
    rivals = {
        "words": [],
        "uniform": [Contender("torch.rand", lambda: torch.rand(count, out=buffer))],
        "normal": gpu_peers.normals(buffer),
    }
    for name, others in rivals.items():
        draw = getattr(F, name)

        def check(result: Tensor, draw: Any = draw) -> None:
            few = draw(key, 1 << 20)[:count]
            assert torch.equal(bits(result[: len(few)]), bits(few)), "not what the CPU draws"

        def call(draw: Any = draw) -> Any:
            return draw(there, count)

        yield Row(
            name=f"gpu-{name}",
            title=f"GPU, {name}, 32 bits, {count} of them",
            per="value",
            items=count,
            contenders=[Contender("seedaug", call, check), *others],
            floor=Contender("fill_ of a buffer", lambda: buffer.fill_(1)),
            targets=[Target("seedaug", ("torch.randn",), 1.5)] if name == "normal" else [],
            bytes=4,
            wall=True,
        )


def rows(place: Place) -> Iterator[Row]:
    """What has a target first: large batches, small ones, numbers."""
    yield fused(place, Work(256, 224), 256, compile_too=True)
    yield fused(place, Work(32, 32, padding=4), 8192, compile_too=True)
    yield fused(place, Work(32, 32, padding=4), 512, per="call")
    yield from fills(place, 1 << 28)
    yield fused(place, Work(256, 224, noise=True), 256)
    yield fused(place, Work(32, 32, padding=4, noise=True), 8192)
    yield fused(place, Work(256, 224), 64, per="call")
    yield fused(place, Work(256, 224), 1024)
    yield fused(place, Work(32, 32, padding=4), 65_536)
    yield fused(place, Work(4096, 4000) if place.is_gpu else Work(64, 60), 4)


@dataclass(frozen=True)
class Limit:
    """What a contender of a row is to reach: a share of the floor, or seconds."""

    row: str
    ours: str
    share: float = 0.0
    seconds: float = 0.0

    def judge(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """As harness.judge; None if the row has no such contender."""
        result = row["results"].get(self.ours, {})
        if row["name"] != self.row or "median" not in result:
            return None
        if self.share:
            against, wanted, measured = "the copy", self.share, result["share_of_floor"]
        else:
            against, wanted = f"{self.seconds * 1e6:g} us", 1.0
            measured = self.seconds / result["median"]
        verdict = {"ours": self.ours, "against": against, "wanted": wanted}
        return {**verdict, "measured": measured, "met": measured >= wanted}


LIMITS = (
    Limit("gpu-batch-256/256-to-224", "seedaug", share=0.85),
    Limit("gpu-batch-8192/32-to-32", "seedaug", share=0.85),
    Limit("gpu-batch-512/32-to-32", "seedaug", seconds=12e-6),
    Limit("gpu-batch-512/32-to-32", "seedaug, CUDA graph", seconds=4e-6),
)


def judge_limits(found: dict[str, Any]) -> None:
    """Put the verdicts on LIMITS beside the other targets of each row."""
    for row in found["rows"]:
        verdicts = [limit.judge(row) for limit in LIMITS]
        row["targets"] += [verdict for verdict in verdicts if verdict is not None]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_gpu", description=__doc__)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each row")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the JSON")
    given = parser.parse_args()
    place = Place(given.device, cut=1 if given.device == "cuda" else 256)
    if place.is_gpu and not torch.cuda.is_available():
        raise SystemExit(f"torch {torch.__version__} sees no GPU; --device cpu is a dry run")
    found = collect(rows(place), given.seconds, place.clock)
    if place.is_gpu:
        judge_limits(found)
        print(report.targets_text(found))
        name = re.sub(r"[^a-z0-9]+", "-", torch.cuda.get_device_name().lower()).strip("-")
        write(found, given.out / f"gpu-{name}.json")


if __name__ == "__main__":
    main()
