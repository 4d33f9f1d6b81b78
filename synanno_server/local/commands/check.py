"""`./synanno check`: everything that reads the code without running it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local.crew import guarded_crew
from synanno_server.local.frontend import Frontend, Npm, find_npm, install_packages
from synanno_server.local.programs import manage_command
from synanno_server.local.progress import Progress
from synanno_server.local.stopping import StopSwitch
from synanno_server.local.throwaway import throwaway_settings

PYTHON_MODULE = (sys.executable, "-m")


@dataclass(frozen=True)
class Check:
    """One look at the code: passes if the command ends with status 0."""

    name: str
    command: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)


def all_checks(npm: Npm) -> list[Check]:
    """Every check, the quick ones first."""
    ruff, djlint = (*PYTHON_MODULE, "ruff"), (*PYTHON_MODULE, "djlint", "templates")
    contracts = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
    return [
        Check("ruff check", (*ruff, "check", ".")),
        Check("ruff format", (*ruff, "format", "--check", ".")),
        Check("import contracts", (sys.executable, "-c", contracts)),
        Check("templates: lint", (*djlint, "--quiet", "--lint")),
        Check("templates: format", (*djlint, "--check")),
        Check("migrations", (*manage_command(), "makemigrations", "--check", "--dry-run")),
        Check("TypeScript", (*npm.command, "run", "--silent", "check"), npm.settings),
        Check("mypy --strict", (*PYTHON_MODULE, "mypy")),
    ]


def run_checks() -> int:
    """Run every check; a line each, what it says if it fails. 1 if any failed, else 0."""
    stop, progress = StopSwitch(), Progress()
    stop.listen()
    frontend = Frontend()
    with tempfile.TemporaryDirectory(prefix="synanno-check-") as folder:
        log = Path(folder) / "npm.log"
        with guarded_crew(Path(folder) / "guard.log", stop) as crew:
            crew.remove_if_killed(Path(folder))
            install_packages(frontend, crew, log, progress)
        with throwaway_settings(stop) as servers:
            checks = all_checks(find_npm(frontend.root))
            failed = [check.name for check in checks if not _passes(check, servers, stop)]
    if failed:
        progress.say(f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}")
        return 1
    progress.say(f"All {len(checks)} checks passed.")
    return 0


def _passes(check: Check, servers: Mapping[str, str], stop: StopSwitch) -> bool:
    stop.check()
    done = subprocess.run(
        check.command,
        cwd=REPOSITORY,
        env=child_environment(**servers, **check.settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = done.returncode == 0
    print(f"  {check.name:<20}{'ok' if passed else 'FAILED'}", flush=True)
    if not passed:
        print("\n".join(f"      {line}" for line in done.stdout.splitlines()), flush=True)
    return passed
