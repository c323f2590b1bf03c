"""README: its snippets run and do what they say, and its links lead somewhere."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import seedaug

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
DOCS = sorted((ROOT / "docs").glob("*.md"))
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def names():
    """What the snippets define, run one after another."""
    made: dict[str, object] = {}
    for snippet in SNIPPETS:
        exec(compile(snippet, "README.md", "exec"), made)
    return made


def test_the_snippets_do_what_they_say(names):
    assert len(SNIPPETS) == 5
    assert torch.equal(names["train"][12][0], names["train"][12][0])
    assert names["brighter"][3][0].dtype == torch.uint8
    place = {"seed": 0, "epoch": 1, "batch": 4, "samples": 64}
    assert names["state"] == {**place, "order": "64 samples, shuffled", "stream_version": 1}
    assert (names["x"].dtype, names["x"].shape) == (torch.float16, (16, 3, 224, 224))
    drawn = names["augment"].params(seedaug.Key(seed=0, epoch=7, index=12), size=(256, 320))
    shown = re.search(r"^# (\{.*\n#.*\})$", SNIPPETS[-1], re.MULTILINE).group(1)
    assert drawn == ast.literal_eval(shown.replace("#", ""))


def test_a_resumed_loader_goes_on(names):
    state = {**names["state"], "epoch": 0, "batch": 1, "samples": 16}
    whole = seedaug.DataLoader(names["train"], batch_size=16, shuffle=True)
    whole.set_epoch(0)
    names["later"].load_state_dict(state)
    for (a, _), (b, _) in zip([*whole][1:], names["later"], strict=True):
        assert torch.equal(a, b)


def headings(text):
    """The anchors that a Markdown file's headings get."""
    return {
        re.sub(r"[^a-z ]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in DOCS)])
def test_links_lead_to_files_and_headings(page):
    text = (ROOT / page).read_text()
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.is_file(), link
        assert not heading or heading in headings(target.read_text()), link


def test_the_tests_it_names_are_there():
    for name in re.findall(r"`(tests/\w+\.py)`", README):
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize("tool", ["lint", pytest.param("check", marks=pytest.mark.slow)])
def test_what_the_tools_print_is_what_it_shows(tool):
    """Line by line, in order; "…" stands for the rest of a line, or for more lines."""
    block = re.search(rf"<!-- {tool}:begin -->\n\n```text\n(.*?)```", README, re.DOTALL).group(1)
    command, *shown = block.splitlines()
    arguments = command.rpartition("python ")[2].split()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT / "examples",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    printed = iter(done.stdout.splitlines())
    for line in shown:
        beginning = line.rstrip("…").rstrip()
        assert any(other.startswith(beginning) for other in printed), (line, done.stdout)


def test_it_has_the_markers_of_the_benchmarks_and_is_short():
    assert README.count("<!-- benchmarks:begin -->") == README.count("<!-- benchmarks:end -->") == 1
    assert len(README.splitlines()) <= 235  # a screen or two of it figures and output
    assert max(len(line) for line in README.splitlines() if "|" not in line) <= 130
