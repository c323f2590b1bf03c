"""The linter's command: options, exit statuses, files, pipes, terminals, interruptions."""

import io
import json
import multiprocessing
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lint_fixtures import GLOBAL, HELD, project

from seedaug import cli, progress
from seedaug.lint import command
from seedaug.lint.findings import RULES, Report
from seedaug.lint.settings import read_settings

__all__ = ["project"]


def lint(*arguments):
    return cli.main(["lint", *map(str, arguments)])


@pytest.fixture
def failing(project, monkeypatch):
    """Makes the engine raise."""

    def fail(error):
        def analyse(*arguments):
            raise error

        monkeypatch.setattr(sys.modules["seedaug.lint.engine"], "analyse", analyse)

    return fail


# What it says and how it ends


def test_findings_end_with_1(project, capsys):
    assert lint(".") == 1
    out, err = capsys.readouterr()
    assert f"data.py:9:16: error SDA101 {HELD}\n" in out
    assert f"data.py:11:13: warning SDA102 {GLOBAL}\n" in out
    assert out.endswith("\n\n2 errors and 1 warning in 2 files; --fix can mend 1\n")
    assert err == ""


def test_nothing_found_ends_with_0(project, capsys):
    (project / "ok.py").write_text("x = 1\n")
    assert lint("ok.py") == 0
    assert capsys.readouterr() == ("nothing found in 1 file\n", "")


def test_exit_zero(project):
    assert lint(".", "--exit-zero") == 0


def test_a_file_that_does_not_parse_is_a_line(project, capsys):
    (project / "ok.py").write_text("x = 1\n")
    (project / "old.py").write_text("print 'x'\n")
    assert lint("ok.py", "old.py") == 0
    assert capsys.readouterr().out == (
        "not read: old.py: Python 2 source: print statement on line 1\n\n"
        "nothing found in 1 file; not read: 1 file\n"
    )


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [("old.py", "print 'x'\n", "not read: old.py: Python 2"), ("notes.txt", "", "")],
)
def test_nothing_that_can_be_read_ends_with_2(project, capsys, name, text, why):
    folder = project / "folder"
    folder.mkdir()
    (folder / name).write_text(text)
    assert lint(folder) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert why.replace("old.py", "folder/old.py") in err
    assert err.endswith("nothing to lint: no .py or .ipynb file could be read\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "give files or folders to lint"),
        (["nowhere"], "nowhere: there is no such file or folder"),
        ([".", "--select", "SDA9"], "there is no rule 'SDA9'"),
        ([".", "--torch", "new"], "torch = 'new': give the oldest version"),
        ([".", "--output", "gone/x.txt"], "--output gone/x.txt: there is no folder gone"),
        ([".", "--output", "."], "--output .: that is a folder"),
        ([".", "--config", "gone.toml"], "gone.toml: it cannot be read"),
        (["--explain", "SDA10"], "--explain SDA10: there is no such rule; did you mean 'SDA10"),
        (["--explain", "held-generater"], "no such rule; did you mean 'held-generator'?"),
        (["--explain", "zzz"], "no such rule; see --list-rules"),
    ],
)
def test_what_is_wrong_with_the_command_ends_with_2(project, capsys, arguments, why):
    assert lint(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("seedaug lint: ")
    assert why in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--format", "xml"], "invalid choice: 'xml'"),
        (["--jobs", "0"], "--jobs: must be from 1 to 1024, got '0'"),
        (["--jobs", "two"], "--jobs: must be from 1 to 1024, got 'two'"),
        (["--fix", "--diff"], "not allowed with argument"),
        (["--config", "x", "--no-config"], "not allowed with argument"),
    ],
)
def test_options_that_argparse_refuses(project, capsys, arguments, why):
    with pytest.raises(SystemExit) as ended:
        lint(".", *arguments)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


# Options


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["--select", "SDA101"], ["SDA101"]),
        (["--select", "SDA1", "--select", "SDA3"], ["SDA101", "SDA102", "SDA302"]),
        (["--select", "SDA101,SDA302"], ["SDA101", "SDA302"]),
        (["--ignore", "SDA1"], ["SDA302"]),
        (["--exclude", "data.py"], ["SDA302"]),
        (["--select", "SDA111", "--extend-select", "SDA102"], ["SDA102"]),
        (["--no-config"], ["SDA101", "SDA102", "SDA302"]),
        (["--config", "other.toml"], ["SDA101"]),
    ],
)
def test_what_is_linted(project, capsys, arguments, left):
    (project / "other.toml").write_text('[tool.seedaug.lint]\nselect = ["SDA101"]\n')
    lint(".", "--format", "json", *arguments)
    document = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in document["findings"]] == left


def test_settings_reach_the_engine(project, monkeypatch):
    given = []

    def analyse(paths, settings, progress=None):
        given.append((paths, settings))
        return Report(files=len(paths))

    monkeypatch.setattr(sys.modules["seedaug.lint.engine"], "analyse", analyse)
    (project / "pyproject.toml").write_text('[tool.seedaug.lint]\ntorch = "1.8"\n')
    assert lint("init.py", project / "data.py", "--jobs", "3") == 0
    ((paths, settings),) = given
    assert paths == [Path("init.py"), project / "data.py"]
    assert (settings.torch, settings.processes, settings.root) == ("1.8", 3, project)


def test_statistics_follow_the_findings(project, capsys):
    lint(".", "--statistics")
    assert capsys.readouterr().out.endswith(
        "\n\n1  SDA101  held-generator\n1  SDA102  global-numpy\n1  SDA302  init-no-epoch\n"
        "\n2 errors and 1 warning in 2 files; --fix can mend 1\n"
    )


def test_quiet_says_findings_only(project, capsys):
    (project / "old.py").write_text("print 'x'\n")
    assert lint(".", "--quiet") == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "not read" not in out
    assert out.endswith("(--explain SDA302)\n")


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_for_programs_only_the_report_is_on_stdout(project, capsys, form):
    assert lint(".", "--format", form, "--statistics") == 1
    out, err = capsys.readouterr()
    if form == "github":
        assert all(line.startswith("::") for line in out.splitlines())
    else:
        json.loads(out)
    assert err.endswith("\n\n2 errors and 1 warning in 2 files; --fix can mend 1\n")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_output_goes_to_a_file(project, capsys, form):
    lint(".", "--format", form, "--quiet")
    printed = capsys.readouterr().out
    assert lint(".", "--format", form, "--output", "report") == 1
    assert (project / "report").read_text() == printed
    assert capsys.readouterr().out == "2 errors and 1 warning in 2 files; --fix can mend 1\n"


def test_unused_comments_are_shown_on_demand(project, capsys):
    (project / "ok.py").write_text("x = 1  # seedaug: ignore[SDA101]\n")
    assert lint("ok.py") == 0
    assert "ignore" not in capsys.readouterr().out
    assert lint("ok.py", "--show-unused-ignores") == 0
    assert "warning: ok.py:1: it silences nothing: SDA101\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["SDA101", "sda101", "held-generator"])
def test_explain(capsys, name):
    assert lint("--explain", name) == 0
    assert capsys.readouterr().out.startswith("# SDA101 held-generator\n")


def test_list_rules(capsys):
    assert lint("--list-rules") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    assert [line.split()[0] for line in lines if line.endswith("(off by default)")] == ["SDA111"]


def test_the_script_of_its_own(project, capsys):
    assert command.main(["ok.py"]) == 2
    assert command.main(["data.py"]) == 1
    with pytest.raises(SystemExit) as ended:
        command.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("seedaug-lint 0.")


# When things go wrong


def test_an_internal_error_is_a_line(failing, capsys, monkeypatch):
    failing(KeyError("a\nb"))
    assert lint(".") == 2
    err = capsys.readouterr().err
    assert err.startswith("seedaug lint: internal error: KeyError: 'a\\nb' (test_lint_cli.py:")
    assert err.count("\n") == 1
    monkeypatch.setenv("SEEDAUG_DEBUG", "1")
    assert lint(".") == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption(failing, capsys):
    failing(KeyboardInterrupt())
    assert lint(".") == 130
    assert capsys.readouterr().err == "seedaug lint: interrupted\n"


def test_no_process_is_left(project, monkeypatch):
    started = []

    def analyse(*arguments):
        context = multiprocessing.get_context("spawn")
        started.append(context.Process(target=time.sleep, args=(600,), daemon=True))
        started[0].start()
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["seedaug.lint.engine"], "analyse", analyse)
    assert lint(".") == 130
    assert not started[0].is_alive()


def test_names_and_sources_that_the_terminal_cannot_show(project, monkeypatch):
    os.rename("data.py", b"data\xff\xc3\xa9.py")
    for form in ("text", "json", "sarif", "github"):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
        assert lint(".", "--format", form) == 1
        assert b"SDA101" in raw.getvalue()
        assert lint(".", "--format", form, "--output", "report.txt") == 1


# As a process: it needs an engine of its own there

STUB = """
import sys, types
sys.path.insert(0, {tests!r})
from lint_fixtures import engine
stub = types.ModuleType("seedaug.lint.engine")
stub.analyse = {analyse}
sys.modules["seedaug.lint.engine"] = stub
from seedaug.cli import main
sys.exit(main(["lint", *sys.argv[1:]]))
"""


def process(*arguments, analyse="engine", **more):
    code = STUB.format(tests=str(Path(__file__).parent), analyse=analyse)
    return subprocess.Popen([sys.executable, "-c", code, *arguments], **more)


def test_a_broken_pipe_is_no_trace(project):
    for number in range(200):
        (project / f"data{number}.py").write_text((project / "data.py").read_text())
    with process(".", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(60) == 1


def test_a_real_interruption(project):
    sleeping = "lambda *given: print('there', flush=True) or __import__('time').sleep(60)"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with process(".", analyse=sleeping, **pipes) as child:
        assert child.stdout.readline() == "there\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 130
        assert child.stderr.read() == "seedaug lint: interrupted\n"


def on_a_terminal(*arguments, columns=80, **environment):
    """What the command writes to a terminal of this width."""
    main, side = pty.openpty()
    os.set_inheritable(side, True)
    import fcntl
    import struct
    import termios

    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    env |= {"TERM": "xterm-256color", **environment}
    with process(*arguments, stdin=side, stdout=side, stderr=side, env=env):
        os.close(side)
        written = b""
        while True:
            try:
                chunk = os.read(main, 65536)
            except OSError:
                break
            if not chunk:
                break
            written += chunk
    os.close(main)
    return written.decode()


def test_a_terminal_has_colours_and_a_bar(project):
    text = on_a_terminal(".")
    assert "\033[1;31merror SDA101\033[0m" in text
    assert "linting" in text


def test_a_narrow_terminal_without_colours(project):
    text = on_a_terminal("data.py", "--quiet", columns=20, NO_COLOR="1")
    assert "\033[" not in text
    assert "data.py:9:16: error SDA101" in text


@pytest.mark.parametrize("rich", [True, False])
def test_the_counter(monkeypatch, rich):
    if rich:
        pytest.importorskip("rich")

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(progress, "has_rich", lambda: rich)
    with progress.counter("linting") as count:
        for done in range(1001):
            count(done, 1000)
    assert "linting" in sys.stderr.getvalue()
    assert sys.stderr.getvalue().count("linting") < 200


def test_no_counter_where_there_is_no_terminal(capsys):
    with progress.counter("linting") as count:
        count(1, 2)
    assert capsys.readouterr() == ("", "")


# The guide


def test_the_guide_has_every_rule_and_option(capsys):
    guide = (Path(__file__).parents[1] / "docs" / "lint.md").read_text()
    rows = re.findall(r"^\| \[(SDA\d+)\]\(\S+/(SDA\d+)\.md\) \| (\w+) \|", guide, re.MULTILINE)
    assert rows == [(rule.code, rule.code, rule.severity.value) for rule in RULES.values()]
    with pytest.raises(SystemExit):
        lint("--help")
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert options <= set(re.findall(r"--[a-z][a-z-]+", guide))


def test_the_guides_settings_are_settings(project):
    guide = (Path(__file__).parents[1] / "docs" / "lint.md").read_text()
    (table,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    (project / "pyproject.toml").write_text(table)
    settings = read_settings([project])
    assert settings.torch == "1.8"
    assert settings.per_file_ignores == (("tests/*", ("SDA201",)),)


def test_the_hook_for_pre_commit():
    yaml = pytest.importorskip("yaml")
    (hook,) = yaml.safe_load((Path(__file__).parents[1] / ".pre-commit-hooks.yaml").read_text())
    assert (hook["id"], hook["entry"], hook["pass_filenames"]) == (
        "seedaug-lint",
        "seedaug-lint",
        False,
    )
