"""Lightning's and Hugging Face's trainers: the pages' scripts, resumed too, on one rank and two."""

import re
from pathlib import Path

import pytest

pytest.importorskip("lightning")
pytest.importorskip("transformers")
from tests.frameworks.ranks import launch
from tests.frameworks.test_accelerate import batches, expected

ROOT = Path(__file__).parents[2]
STEPS = {1: 12, 2: 6}  # of an epoch of 48 samples in batches of 4


def script_of(page, tmp_path):
    text = (ROOT / f"docs/with-{page}.md").read_text()
    script = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    assert len(script.splitlines()) < 60
    path = tmp_path / "train.py"
    path.write_text(script)
    return path


def drawn(output, steps):
    """(epoch, batch) of each line; a page that prints no epochs has them by their number."""
    if "epoch " in output:
        return batches(output)
    lines = [line.split(": ", 1)[1] for line in output.splitlines() if line.startswith("batch: ")]
    return [(number // steps, eval(line)) for number, line in enumerate(lines)]


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("page", ["lightning", "transformers"])
def test_the_page(tmp_path, page, ranks):
    script, steps = script_of(page, tmp_path), STEPS[ranks]
    whole = [drawn(out, steps) for out, _ in launch(script, str(tmp_path / "a"), ranks=ranks)]
    for epoch in range(3):
        seen = [pair for rank in whole for at, batch in rank if at == epoch for pair in batch]
        assert sorted(index for index, _ in seen) == [*range(48)]
        assert all(value == expected(epoch)[index] for index, value in seen)
    assert whole[0][0][1] != whole[0][steps][1]
    for stop in (steps, steps + 2):  # at an epoch's last step, and in the middle of the second
        name = f"checkpoint-{stop}"
        if page == "lightning":
            name = f"epoch={(stop - 1) // steps}-step={stop}.ckpt"
        rest = launch(script, str(tmp_path / "b"), "-1", str(tmp_path / "a" / name), ranks=ranks)
        got = [[batch for _, batch in drawn(out, steps)] for out, _ in rest]
        assert got == [[batch for _, batch in rank[stop:]] for rank in whole]
