"""`./synanno test`: every test (Python, browser, front end), and one summary."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synanno_server.env import REPOSITORY, Environment
from synanno_server.local.crew import guarded_crew
from synanno_server.local.foreground import run_in_front
from synanno_server.local.frontend import (
    Frontend,
    build_frontend,
    find_npm,
    install_packages,
)
from synanno_server.local.progress import Progress
from synanno_server.local.stopping import StopSwitch

NO_TESTS = 5  # pytest's status for an empty selection

# Tests wait for browsers, processes that start, and servers that come back: with one process more
# than two cores, there is somebody who does not.
IN_THREE_PROCESSES = (
    *("-p", "synanno_server.local.pytest_processes"),
    *("-n", "3", "--dist", "loadscope", "--no-loadscope-reorder", "--max-worker-restart", "0"),
)


@dataclass(frozen=True)
class Outcome:
    """What one suite came to."""

    suite: str
    passed: int
    failed: int
    skipped: tuple[str, ...]  # each with its reason
    seconds: float
    note: str = ""


def run_tests(arguments: Sequence[str], environment: Environment) -> int:
    """Run all tests, or with `arguments` those that pytest then selects.

    The last line is plain: `N passed, N failed`, with `, N skipped` if any were. The status is 1
    if any failed; on a build server (CI) a test that cannot run has failed.
    """
    stop, progress = StopSwitch(), Progress()
    stop.listen()
    with tempfile.TemporaryDirectory(prefix="synanno-test-") as name:
        folder = Path(name)
        _set_up(folder, progress, stop)
        outcomes = [_run_pytest(folder / "python.json", arguments, stop)]
        if not arguments:
            outcomes.append(_run_vitest(folder / "frontend.json", stop))
    print(summary(outcomes, skipping_fails=environment.ci))
    return status_of(outcomes, skipping_fails=environment.ci)


def _set_up(folder: Path, progress: Progress, stop: StopSwitch) -> None:
    with guarded_crew(folder / "guard.log", stop) as crew:
        crew.remove_if_killed(folder)
        log = folder / "frontend.log"
        install_packages(Frontend(), crew, log, progress)
        build_frontend(Frontend(), crew, log, progress)


def _run_pytest(counts: Path, arguments: Sequence[str], stop: StopSwitch) -> Outcome:
    plugin = ("-p", "synanno_server.local.pytest_counts", "--counts-file", str(counts))
    processes = () if arguments else IN_THREE_PROCESSES
    command = (sys.executable, "-m", "pytest", *plugin, *processes, *arguments)
    started = time.monotonic()
    status = run_in_front(command, stop, folder=REPOSITORY)
    seconds = time.monotonic() - started
    if not counts.exists():
        return _unfinished("Python", status, seconds)
    kept = json.loads(counts.read_text(encoding="utf-8"))
    failed = kept["failed"]
    note = ""
    if failed == 0 and status not in (0, NO_TESTS):
        failed, note = 1, f"pytest ended with status {status}"
    return Outcome("Python", kept["passed"], failed, tuple(kept["skipped"]), seconds, note)


def _run_vitest(counts: Path, stop: StopSwitch) -> Outcome:
    reports = ("--reporter=default", "--reporter=json", f"--outputFile.json={counts}")
    npm = find_npm(REPOSITORY)
    command = (*npm.command, "run", "--silent", "test", "--", *reports)
    started = time.monotonic()
    status = run_in_front(command, stop, npm.settings, REPOSITORY)
    seconds = time.monotonic() - started
    if not counts.exists():
        return _unfinished("Front end", status, seconds)
    kept = json.loads(counts.read_text(encoding="utf-8"))
    skipped = [
        f"{Path(file['name']).name}: {one['fullName']}"
        for file in kept["testResults"]
        for one in file["assertionResults"]
        if one["status"] not in ("passed", "failed")
    ]
    failed = kept["numFailedTests"]
    note = ""
    if failed == 0 and status != 0:
        failed, note = 1, f"vitest ended with status {status}"
    return Outcome("Front end", kept["numPassedTests"], failed, tuple(skipped), seconds, note)


def _unfinished(suite: str, status: int, seconds: float) -> Outcome:
    return Outcome(suite, 0, 1, (), seconds, f"did not finish (status {status})")


def status_of(outcomes: Sequence[Outcome], *, skipping_fails: bool) -> int:
    """The exit status for these outcomes."""
    failed = any(outcome.failed for outcome in outcomes)
    skipped = any(outcome.skipped for outcome in outcomes)
    ran_none = not any(outcome.passed for outcome in outcomes)
    return int(failed or ran_none or (skipped and skipping_fails))


def summary(outcomes: Sequence[Outcome], *, skipping_fails: bool) -> str:
    """A table of the suites, why tests could not run, and the closing line."""
    lines = ["", f"{'Suite':<12}{'passed':>8}{'failed':>8}{'skipped':>9}{'time':>9}"]
    for one in outcomes:
        counts = f"{one.suite:<12}{one.passed:>8}{one.failed:>8}{len(one.skipped):>9}"
        lines.append(f"{counts}{one.seconds:>7.0f} s  {one.note}".rstrip())
    passed = sum(one.passed for one in outcomes)
    failed = sum(one.failed for one in outcomes)
    skipped = [reason for one in outcomes for reason in one.skipped]
    if skipped:
        consequence = " (failed, because CI is set)" if skipping_fails else ""
        lines += ["", f"Could not run here{consequence}:", *(f"  {why}" for why in skipped)]
    if skipping_fails:
        failed, skipped = failed + len(skipped), []
    closing = f"{passed} passed, {failed} failed"
    lines += ["", f"{closing}, {len(skipped)} skipped" if skipped else closing]
    return "\n".join(lines)
