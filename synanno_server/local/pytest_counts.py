"""Pytest plugin: writes how many tests passed, failed and were skipped, and why, to a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--counts-file", type=Path, help="write the counts of this run here, as JSON")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Write the counts, if a file was asked for."""
    path: Path | None = config.getoption("--counts-file")
    if path is None:
        return
    stats = terminalreporter.stats
    counts = {
        "passed": len(stats.get("passed", [])) + len(stats.get("xpassed", [])),
        "failed": len(stats.get("failed", [])) + len(stats.get("error", [])),
        "skipped": [
            f"{report.nodeid}: {_reason(report)}"
            for kind in ("skipped", "xfailed")
            for report in stats.get(kind, [])
        ],
    }
    path.write_text(json.dumps(counts), encoding="utf-8")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return getattr(report, "wasxfail", "") or "no reason given"
