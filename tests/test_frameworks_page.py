"""docs/frameworks.md shows what tests/frameworks/results.json says: nothing is silently wrong."""

import json

from frameworks import table
from frameworks.contract import ALARM, WRONG
from frameworks.run import RESULTS


def test_page_shows_the_results():
    results = json.loads(RESULTS.read_text())
    page = table.PAGE.read_text()
    assert table.with_tables(page, results) == page, "run python -m tests.frameworks.table"


def test_no_cell_is_silently_wrong():
    cells = json.loads(RESULTS.read_text())["cells"]
    assert [cell["name"] for cell in cells if cell["verdict"] in (WRONG, ALARM)] == []
