"""`--fix` and `--diff`: what is mended, what is refused, and what stays as it was."""

import ast
import builtins
import importlib.util
import os
import stat

import pytest
from lint_fixtures import INIT, engine, init_finding, project, write_notebook

from seedaug import cli
from seedaug.lint import fix
from seedaug.lint.findings import Finding, Fix, Place, Report, Severity

pytest.importorskip("libcst")

from seedaug.lint.rewrite import rewrite

__all__ = ["project"]

SEED = "torch.initial_seed() % 2**32"


def place(code, text, kind):
    """Where a piece of code stands, as Python's parser has it."""
    tree = ast.parse(code)
    (node,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, kind) and (ast.get_source_segment(code, node) or "").startswith(text)
    )
    lines = code.encode().split(b"\n")
    start = len(lines[node.lineno - 1][: node.col_offset].decode()) + 1
    end = len(lines[node.end_lineno - 1][: node.end_col_offset].decode()) + 1
    return Place("a.py", node.lineno, start, node.end_lineno, end)


def seeding(code, call):
    at = place(code, call, ast.Call)
    return Finding(at, "SDA301", Severity.ERROR, "seeded", fix=Fix("torch-seed"))


def epochs(code, sampler="sampler", loop="for epoch"):
    at = place(code, loop, ast.For)
    remedy = Fix("set-epoch", at, sampler, "epoch")
    return Finding(at, "SDA401", Severity.ERROR, "not called", fix=remedy)


def mended(code, *findings):
    """The code after the remedies, all of which are carried out."""
    result = rewrite(code.encode(), findings)
    assert result.refused == []
    assert result.done == list(findings)
    return result.data.decode()


def refused(code, *findings):
    """Why a remedy is not carried out."""
    result = rewrite(code.encode(), findings)
    assert result.data == code.encode()
    assert result.done == []
    return [why for _, why in result.refused]


# Seeds


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("np.random.seed(42 + worker_id)", f"np.random.seed({SEED})"),
        ("np.random.seed(np.random.get_state()[1][0] + worker_id)", f"np.random.seed({SEED})"),
        ("np.random.seed(seed=worker_id)", f"np.random.seed(seed={SEED})"),
        ("random.seed( worker_id )", f"random.seed( {SEED} )"),
        ("seed_everything(worker_id, True)", f"seed_everything({SEED}, True)"),
        (
            "np.random.seed(\n        1  # one\n    )",
            f"np.random.seed(\n        {SEED}  # one\n    )",
        ),
    ],
)
def test_seeds(call, after):
    code = f"import torch\n\n\ndef init(worker_id):\n    {call}  # kept\n    x=1\n"
    start = call.split("(")[0] + "("
    at = "np.random.seed(np" if "get_state" in call else start
    assert mended(code, seeding(code, at)) == code.replace(call, after)


def test_seeds_in_a_lambda_and_beside_wide_letters():
    code = "import torch\nx = '中é'; f = lambda w: np.random.seed(42 + w)\n"
    assert mended(code, seeding(code, "np.random")) == (
        f"import torch\nx = '中é'; f = lambda w: np.random.seed({SEED})\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import torch.nn as nn, torch\n", "import torch.nn as nn, torch\n"),
        ("import torch.utils.data\n", "import torch.utils.data\n"),
        ("import torch as th\n", "import torch as th\n"),
        ("import numpy as np\n", "import numpy as np\nimport torch\n"),
        ('"""Doc."""\n', '"""Doc."""\nimport torch\n'),
        (
            "#!/usr/bin/python\nfrom __future__ import annotations\nimport os\n",
            "#!/usr/bin/python\nfrom __future__ import annotations\nimport os\nimport torch\n",
        ),
        ("import torch.nn as nn\n", "import torch.nn as nn\nimport torch\n"),
        ("if x:\n    import torch\n", "import torch\nif x:\n    import torch\n"),
    ],
)
def test_torch_is_imported(before, after):
    code = f"{before}\nseed(1)\n"
    name = "th" if "as th" in before else "torch"
    result = mended(code, seeding(code, "seed(1)"))
    assert result.replace("\n\n", "\n") == f"{after}seed({name}{SEED[5:]})\n"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("seed()", "the call has no first argument to replace"),
        ("seed(*a)", "the call has no first argument to replace"),
        ("seed(**a)", "the call has no first argument to replace"),
        ("def f(torch):\n    seed(1)", "`torch` is a parameter there"),
        ("f = lambda *, torch: seed(1)", "`torch` is a parameter there"),
    ],
)
def test_seeds_that_are_not_mended(code, why):
    assert refused(code, seeding(code, "seed(")) == [why]


def test_a_place_where_there_is_nothing():
    code = "import torch\nseed(1)\n"
    finding = seeding(code, "seed(")
    assert refused("import torch\n\nseed(1)\n", finding) == ["the call is not there any more"]
    assert refused("import torch\nseed(11)\n", finding) == ["the call is not there any more"]
    assert refused("import (\n", finding) == ["libcst cannot parse the file (ParserSyntaxError)"]
    loop = epochs("for epoch in e:\n    x\n")
    assert refused("x\n", loop) == ["the loop is not there any more"]


def test_remedies_that_there_are_not():
    at = Place("a.py", 1, 1, 1, 5)
    for remedy, why in (
        (None, "it has no remedy that can be carried out"),
        (Fix("magic"), "there is no remedy 'magic'"),
    ):
        assert refused("x\n", Finding(at, "SDA101", Severity.ERROR, "", fix=remedy)) == [why]


def test_one_of_two_is_mended():
    code = "import torch\nseed(1)\nother()\n"
    both = seeding(code, "seed(1)"), seeding(code, "other(")
    result = rewrite(code.encode(), both)
    assert result.done == [both[0]]
    assert [finding for finding, _ in result.refused] == [both[1]]
    assert result.data.decode() == f"import torch\nseed({SEED})\nother()\n"


# Epochs


def test_set_epoch_comes_first_in_the_loop():
    code = (
        "sampler = DistributedSampler(data)\n"
        "for epoch in range(9):  # epochs\n"
        "\n"
        "\t# train\n"
        "\ttrain()  # one\n"
    )
    assert mended(code, epochs(code)) == code.replace(
        "# epochs\n", "# epochs\n\tsampler.set_epoch(epoch)\n"
    )


@pytest.mark.parametrize(
    "made",
    [
        "sampler = None\nif ranks:\n    sampler = DistributedSampler(data)\n",
        "sampler = DistributedSampler(data) if ranks else None\n",
        "sampler = make(data)\n",
        "",
    ],
)
def test_set_epoch_of_what_may_be_another_sampler(made):
    code = f"{made}for epoch in range(9):\n    train()\n"
    assert mended(code, epochs(code)) == (
        f"{made}for epoch in range(9):\n"
        '    if hasattr(sampler, "set_epoch"):\n'
        "        sampler.set_epoch(epoch)\n"
        "    train()\n"
    )


def test_set_epoch_of_an_attribute_in_another_method():
    code = (
        "class Trainer:\n"
        "    def __init__(self, data):\n"
        "        self.sampler = torch.utils.data.DistributedSampler(data)\n"
        "    def fit(self):\n"
        "        for epoch in range(9):\n"
        "            self.step()\n"
    )
    assert mended(code, epochs(code, "self.sampler")) == code.replace(
        "            self.step", "            self.sampler.set_epoch(epoch)\n            self.step"
    )


def test_made_and_used_under_one_condition():
    code = (
        "if ranks:\n    sampler = DistributedSampler(data)\n"
        "    for epoch in range(9):\n        train()\n"
    )
    assert "        sampler.set_epoch(epoch)\n        train()" in mended(code, epochs(code))


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("for epoch in e: train()\n", "the loop is on one line"),
        (
            "for epoch in e:\n    for b in c:\n        sampler.set_epoch(epoch)\n",
            "the loop sets the epoch already",
        ),
        (
            "if ranks:\n    sampler = DistributedSampler(data)\nfor epoch in e:\n    x\n",
            "`sampler` is made under a condition",
        ),
    ],
)
def test_loops_that_are_not_mended(code, why):
    assert refused(code, epochs(code)) == [why]


def test_two_samplers_of_one_loop():
    code = "for epoch in e:\n    train()\n"
    result = mended(code, epochs(code, "a"), epochs(code, "b"))
    assert result.index("a.set_epoch") < result.index("b.set_epoch") < result.index("train")


# Files


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfimport torch\r\n\r\nseed(1)  # \xc3\xa9\r\nx = '''\r\n'''",
        b"# coding: latin-1\nimport torch\nseed(1)  # \xe9\n",
        b"import torch\nif x:\n\tseed(1)\n\n\n\n# end",
    ],
)
def test_bytes_that_are_not_mended_stay(data):
    line = data.split(b"\n").index(next(row for row in data.split(b"\n") if b"seed(1" in row))
    column = 2 if b"\tseed" in data else 1
    at = Place("a.py", line + 1, column, line + 1, column + 7)
    finding = Finding(at, "SDA301", Severity.ERROR, "", fix=Fix("torch-seed"))
    assert rewrite(data, [finding]).data == data.replace(b"seed(1)", f"seed({SEED})".encode())


def test_what_would_not_parse_is_not_written(monkeypatch):
    code = "import torch\nseed(1)\n"
    monkeypatch.setattr(
        "seedaug.lint.rewrite.ast.parse", lambda data: builtins.compile("(", "", "exec")
    )
    at = Place("a.py", 2, 1, 2, 8)
    finding = Finding(at, "SDA301", Severity.ERROR, "", fix=Fix("torch-seed"))
    assert refused(code, finding) == ["the file would not parse afterwards"]


def test_the_command_mends_and_reports_the_rest(project, capsys):
    os.chmod("init.py", 0o754)
    (project / "link.py").symlink_to("init.py")
    assert cli.main(["lint", ".", "--fix"]) == 1
    out, err = capsys.readouterr()
    assert err == "mended 1 of 3 findings\n"
    assert "SDA302" not in out
    assert out.endswith("1 error and 1 warning in 2 files\n")
    expected = INIT.replace("np\n", "np\nimport torch\n").replace("42 + worker_id", SEED)
    assert (project / "init.py").read_text() == expected
    assert stat.S_IMODE(os.stat("init.py").st_mode) == 0o754
    assert sorted(os.listdir()) == ["data.py", "init.py", "link.py", "pyproject.toml"]
    assert (project / "link.py").is_symlink()


def test_a_link_stays_a_link(project):
    (project / "folder").mkdir()
    (project / "folder" / "init_link.py").symlink_to("../init.py")
    assert cli.main(["lint", "folder/init_link.py", "--fix", "--quiet"]) == 0
    assert (project / "folder" / "init_link.py").is_symlink()
    assert SEED in (project / "init.py").read_text()


def test_the_diff_is_shown_and_nothing_written(project, capsys):
    assert cli.main(["lint", ".", "--diff"]) == 1
    out, err = capsys.readouterr()
    assert err == "would mend 1 of 3 findings\n"
    assert (project / "init.py").read_text() == INIT
    assert out.startswith("--- a/init.py\n+++ b/init.py\n@@ ")
    assert (
        f"\n-    np.random.seed(42 + worker_id)  # differs by worker\n+    np.random.seed({SEED})"
        in out
    )


def test_the_diff_of_a_file_without_a_last_newline(project, capsys):
    (project / "init.py").write_text(INIT.rstrip("\n"))
    assert cli.main(["lint", "init.py", "--diff", "--quiet"]) == 1
    assert capsys.readouterr().out.count("\n\\ No newline at end of file\n") == 2


def test_silenced_findings_are_not_mended(project):
    silenced = INIT.replace("# differs", "# seedaug: ignore[SDA302] differs")
    (project / "init.py").write_text(silenced)
    assert cli.main(["lint", "init.py", "--fix"]) == 0
    assert (project / "init.py").read_text() == silenced


def test_notebooks_are_not_mended(project, capsys):
    write_notebook(project / "init.ipynb", INIT)
    assert cli.main(["lint", "init.ipynb", "--fix"]) == 1
    err = capsys.readouterr().err
    assert err == (
        "not mended: init.ipynb:5: SDA302: notebooks are not mended\nmended 0 of 1 findings\n"
    )


def test_a_read_only_file(project, capsys):
    os.chmod("init.py", 0o444)
    assert cli.main(["lint", "init.py", "--fix"]) == 1
    assert "not mended: init.py:5: SDA302: the file is read-only\n" in capsys.readouterr().err
    assert (project / "init.py").read_text() == INIT


def test_a_failed_write_leaves_the_file(project, capsys, monkeypatch):
    def full(self, name):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fix.os, "replace", full)
    assert cli.main(["lint", "init.py", "--fix"]) == 1
    assert "init.py:5: SDA302: No space left on device" in capsys.readouterr().err
    assert (project / "init.py").read_text() == INIT
    assert sorted(os.listdir()) == ["data.py", "init.py", "pyproject.toml"]


def test_without_libcst(project, capsys, monkeypatch):
    real = importlib.util.find_spec
    missing = {"libcst"}
    monkeypatch.setattr(
        fix.importlib.util, "find_spec", lambda name: None if name in missing else real(name)
    )
    assert cli.main(["lint", ".", "--fix"]) == 2
    assert "need libcst: pip install 'seedaug[tools]'" in capsys.readouterr().err


def test_the_fixtures_finding_is_where_it_says(project):
    report = engine([project / "init.py"], None)
    assert report == Report((init_finding(),), files=1)
    assert init_finding().place == place(INIT, "np.random.seed", ast.Call).__class__(
        "init.py", 5, 5, 5, 35
    )
