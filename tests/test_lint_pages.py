"""The rules' pages: all there, alike in form, and their code does what they say of it."""

import json
import re
import subprocess
import sys

import pytest

from seedaug.lint.findings import RULES
from seedaug.lint.pages import FOLDER, page, remedy

HEADINGS = ["Wrong", "Right", "What torch does", "Not reported"]

# What a page leaves out, and how its draws are counted: 16 samples, 3 epochs, 4 workers.
BEFORE = """
import functools, json, operator, random, sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler
import seedaug

def drawn(code):
    names = {**globals(), "photos": np.zeros(16), "clips": np.zeros((16, 1)),
             "clouds": np.zeros((16, 1))}
    exec(code, names)
    for kind in ("Clips", "Clouds"):
        if kind in names:
            dataset = seedaug.SeededDataset(names[kind](names[kind.lower()]), seed=0)
            names["loader"] = seedaug.DataLoader(dataset, batch_size=4, num_workers=4)
    if "loader" not in names:
        dataset = seedaug.SeededDataset(names["Photos"](names["photos"]), seed=0)
        names["loader"] = seedaug.DataLoader(dataset, batch_size=4, num_workers=4)
    loader, seen = names["loader"], []
    for epoch in range(3):
        for setter in (loader, loader.dataset):
            if hasattr(setter, "set_epoch"):
                setter.set_epoch(epoch)
        for batch in loader:
            values = batch[0] if isinstance(batch, list) else batch
            seen += values.flatten().tolist()
    return len(seen), len(set(seen))

torch.manual_seed(0)
print(json.dumps([drawn(code) for code in json.load(sys.stdin)]))
"""

WRONG = {
    "SDA101": 4,
    "SDA102": 48,
    "SDA111": 48,
    "SDA201": 1,
    "SDA202": 16,
    "SDA301": 4,
    "SDA302": 16,
    "SDA303": 16,
}


def blocks(code, heading):
    """The pieces of Python under a heading of a page."""
    section = re.split(r"^## ", page(code), flags=re.MULTILINE)
    (text,) = (part for part in section if part.startswith(f"{heading}\n"))
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def counts():
    """What the pieces of code of all pages draw, in one process with workers of its own."""
    wanted = [(code, "Wrong", 0) for code in WRONG]
    for code in RULES:
        wanted += [(code, "Right", number) for number in range(len(blocks(code, "Right")))]
    wanted = [each for each in wanted if each[0] != "SDA401"]
    pieces = [blocks(code, heading)[number] for code, heading, number in wanted]
    done = subprocess.run(
        [sys.executable, "-c", BEFORE],
        input=json.dumps(pieces),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(wanted, map(tuple, json.loads(done.stdout)), strict=True))


@pytest.mark.parametrize("code", RULES)
def test_each_rule_has_a_page_of_one_form(code):
    rule, text = RULES[code], page(code)
    lines = text.splitlines()
    assert lines[0] == f"# {code} {rule.name}"
    kinds = {"error": "An error", "warning": "A warning"}
    assert lines[2].startswith(kinds[rule.severity.value])
    headings = [line[3:] for line in lines if line.startswith("## ")]
    assert headings in ([*HEADINGS, "Silence it"], [*HEADINGS, "Mend it", "Silence it"])
    assert f"# seedaug: ignore[{code}]" in text
    assert max(map(len, lines)) <= 120
    for heading in ("Wrong", "Right"):
        assert blocks(code, heading)
        for block in blocks(code, heading):
            compile(block, code, "exec")


def test_there_is_no_page_without_a_rule():
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(RULES)


@pytest.mark.parametrize("code", RULES)
def test_remedies_are_a_sentence(code):
    assert remedy(code) != RULES[code].summary
    assert 20 < len(remedy(code)) < 200
    assert remedy(code).endswith(".")


@pytest.mark.parametrize("code", WRONG)
def test_wrong_code_repeats_as_the_page_says(code, counts):
    assert counts[code, "Wrong", 0] == (48, WRONG[code])
    said = re.findall(r"(\d+)\s+(?:different\s+)?draws?\s+(?:of|for\s+all)\s+48", page(code))
    assert not said or said[0] == str(WRONG[code])


def test_right_code_does_not_repeat(counts):
    right = {where: count for where, count in counts.items() if where[1] == "Right"}
    assert {code for code, _, _ in right} == set(RULES) - {"SDA401"}
    assert set(right.values()) == {(48, 48)}


def test_the_loops_over_epochs():
    """With `set_epoch`, three epochs have three orders; without, one."""
    orders = {}
    for heading in ("Wrong", "Right"):
        for number, block in enumerate(blocks("SDA401", heading)):
            code = block.replace("        ...", "        seen[epoch] += batch.tolist()")
            orders[heading, number] = _order(code)
    assert {where: len(set(order)) for where, order in orders.items()} == {
        ("Wrong", 0): 1,
        ("Right", 0): 3,
        ("Right", 1): 3,
    }


def _order(code):
    from torch.utils.data import DataLoader, DistributedSampler

    seen = [[], [], []]
    names = {"DataLoader": DataLoader, "DistributedSampler": DistributedSampler}
    exec(code, {**names, "photos": range(16), "seen": seen})
    return [tuple(each) for each in seen]


def test_links_between_pages_lead_somewhere():
    for code in RULES:
        for link in re.findall(r"\]\(([^)]+)\)", page(code)):
            path, _, heading = link.partition("#")
            target = (FOLDER / path).read_text()
            assert not heading or f"\n## {heading.capitalize()}\n" in target
