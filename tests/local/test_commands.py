"""The command line: help, mistakes, the summaries of test and bench."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.result import BenchResult, Goal
from synanno_server.env import DATABASE_URL, REPOSITORY, child_environment
from synanno_server.local import __main__ as command_line
from synanno_server.local.commands import bench
from synanno_server.local.commands.test import Outcome, status_of, summary
from synanno_server.local.errors import StartError
from synanno_server.local.webport import address_of, is_healthy, open_port

PYTHON = Outcome("Python", 120, 0, (), 41.3)
FRONT_END = Outcome("Front end", 30, 1, (), 2.2)
SKIPPING = Outcome("Python", 119, 0, ("tests/browser/test_grid.py::test_a: no chromium",), 40.0)

END_OWN_CONNECTION = (
    "from django.db import connection as c;"
    "c.cursor().execute('SELECT pg_terminate_backend(pg_backend_pid())')"
)


def run_synanno(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the script itself."""
    return subprocess.run(
        [str(REPOSITORY / "synanno"), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_lists_every_command() -> None:
    done = run_synanno("--help")
    assert done.returncode == 0
    for word in ("demo", "up", "test", "check", "manage", "bench", "SYNANNO_HOME"):
        assert word in done.stdout


@pytest.mark.parametrize("command", ["demo", "up", "test", "check", "bench"])
def test_every_command_explains_itself(command: str) -> None:
    done = run_synanno(command, "--help")
    assert done.returncode == 0
    assert f"usage: ./synanno {command}" in done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("serve",), "invalid choice: 'serve'"),
        (("demo", "--port", "http"), "'http' is not a port"),
        (("demo", "--port", "70000"), "'70000' is not a port"),
    ],
)
def test_a_mistake_is_answered_with_the_usage(words: tuple[str, ...], sentence: str) -> None:
    done = run_synanno(*words)
    assert done.returncode == 2
    assert "usage: ./synanno" in done.stderr
    assert sentence in done.stderr


def test_a_setting_that_cannot_be_used_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYNANNO_PORT", "web")
    assert command_line.main(["up"]) == 1
    assert capsys.readouterr().err.startswith("\nSYNANNO_PORT is 'web'")


# ── the summary of the tests ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "database"),
    [
        (("migrate",), "postgresql://synanno@127.0.0.1:1/synanno"),
        (("shell", "-v", "0", "-c", END_OWN_CONNECTION), ""),
    ],
    ids=["there is no database", "it ends meanwhile"],
)
def test_a_database_that_is_gone_is_a_sentence(words: tuple[str, ...], database: str) -> None:
    settings = {DATABASE_URL.name: database} if database else {}
    done = subprocess.run(
        [sys.executable, "-m", "synanno_server.local.django_commands", *words],
        cwd=REPOSITORY,
        env=child_environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "The database does not answer (any more): " in done.stderr
    assert "Traceback" not in done.stderr


def test_the_last_line_sums_up_plainly() -> None:
    text = summary([PYTHON, FRONT_END], skipping_fails=False)
    assert text.splitlines()[-1] == "150 passed, 1 failed"
    assert "Python           120       0        0     41 s" in text


def test_what_could_not_run_is_named_with_its_reason() -> None:
    lines = summary([SKIPPING], skipping_fails=False).splitlines()
    assert lines[-1] == "119 passed, 0 failed, 1 skipped"
    assert "  tests/browser/test_grid.py::test_a: no chromium" in lines


def test_on_a_build_server_what_could_not_run_has_failed() -> None:
    lines = summary([SKIPPING], skipping_fails=True).splitlines()
    assert lines[-1] == "119 passed, 1 failed"
    assert "Could not run here (failed, because CI is set):" in lines


@pytest.mark.parametrize(
    ("outcomes", "skipping_fails", "status"),
    [
        ([PYTHON], False, 0),
        ([PYTHON, FRONT_END], False, 1),
        ([SKIPPING], False, 0),
        ([SKIPPING], True, 1),
        ([Outcome("Python", 0, 0, (), 1.0)], False, 1),
    ],
)
def test_the_status_follows(outcomes: list[Outcome], skipping_fails: bool, status: int) -> None:
    assert status_of(outcomes, skipping_fails=skipping_fails) == status


def test_the_counts_of_a_run_are_written_with_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "test_three.py").write_text(
        "import pytest\n"
        "def test_a(): pass\n"
        "def test_b(): assert False\n"
        "def test_c(): pytest.skip('no device')\n"
        "@pytest.fixture\n"
        "def broken(): raise OSError\n"
        "def test_d(broken): pass\n"
    )
    counts = tmp_path / "counts.json"
    plugin = ("-p", "synanno_server.local.pytest_counts", "--counts-file", str(counts))
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", *plugin, str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    kept = json.loads(counts.read_text())
    assert (kept["passed"], kept["failed"]) == (1, 2)
    assert [line.rpartition("::")[2] for line in kept["skipped"]] == ["test_c: no device"]


# ── the benches ───────────────────────────────────────────────────────────────────────────────

RESULT = BenchResult(
    "page",
    {"p50_ms": {"1 person": 7.25, "16 people": 21.0}, "pages": 1600},
    [Goal("p95, ms", "<= 50", 31.4, True), Goal("cold / prefetched", ">= 40", 38.2, False)],
)


def test_a_result_has_the_shared_form() -> None:
    assert RESULT.as_json() == {
        "bench": "page",
        "figures": {"p50_ms": {"1 person": 7.25, "16 people": 21.0}, "pages": 1600},
        "goals": [
            {"what": "p95, ms", "goal": "<= 50", "figure": 31.4, "holds": True},
            {"what": "cold / prefetched", "goal": ">= 40", "figure": 38.2, "holds": False},
        ],
    }
    assert json.loads(json.dumps(RESULT.as_json())) == RESULT.as_json()


def test_a_result_reads_as_a_table() -> None:
    lines = RESULT.as_table().splitlines()
    assert lines[0] == "bench page"
    assert lines[2].split() == ["p50_ms", "·", "1", "person", "7.25"]
    assert lines[-2].endswith("holds")
    assert lines[-1].endswith("MISSED")


def test_a_bench_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(StartError, match=r"There is no bench 'speed'\. There are: "):
        bench.run_bench("speed", quick=True, as_json=False)


def test_benches_are_found_by_their_run_function(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text('"""How fast a page is."""\n\ndef run(quick): ...\n')
    (tmp_path / "helper.py").write_text('"""Shared by benches."""\n')
    assert bench.known_benches(tmp_path) == {"page": "How fast a page is"}


# ── the port ──────────────────────────────────────────────────────────────────────────────────


def test_a_taken_port_is_refused_with_what_to_do() -> None:
    with open_port("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(StartError, match=rf"Port {port} .* is taken .* `--port {port + 1}`"):
            open_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(StartError, match=r"cannot listen on 192\.0\.2\.1"):
        open_port("192.0.2.1", 0)


def test_a_server_that_does_not_answer_is_not_healthy() -> None:
    with open_port("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) == f"http://127.0.0.1:{port}/"
    with open_port("127.0.0.1", 0) as listener:
        listener.listen(0)
        listener.shutdown(2)
        assert not is_healthy(listener, ("localhost",))
