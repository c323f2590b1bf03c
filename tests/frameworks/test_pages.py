"""The scripts of docs/with-lightning.md and docs/with-transformers.md run and say what they promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# torchvision's Python half needs its operators defined where its compiled half doesn't load.
BEFORE = (
    "import sys; sys.path.insert(0, 'tests'); import torchvision_schemas as t; "
    "kept = t.define_torchvision_schemas(); sys.argv = ['page']; "
)


@pytest.mark.parametrize("library", ["lightning", "transformers"])
def test_script_of_the_page(tmp_path, library):
    pytest.importorskip(library)
    page = (ROOT / "docs" / f"with-{library}.md").read_text()
    script = page.partition("```python\n")[2].partition("```")[0]
    assert script.count("\n") < 60
    path = tmp_path / "page.py"
    path.write_text(script)
    run = f"{BEFORE}import runpy; runpy.run_path({str(path)!r}, run_name='__main__')"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ACCELERATE_USE_CPU": "true"}
    ended = subprocess.run(
        [sys.executable, "-c", run],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "goes on where it was: True" in ended.stdout, ended.stderr[-3000:]
