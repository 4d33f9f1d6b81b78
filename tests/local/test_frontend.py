"""The built front end: made again when its sources change, and only then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from synanno_server.local import frontend as frontend_module
from synanno_server.local.crew import Crew
from synanno_server.local.errors import StartError
from synanno_server.local.frontend import Frontend, Npm, build_frontend
from synanno_server.local.homes import Home
from synanno_server.local.progress import Progress

# Stands in for npm: notes how it was called, and writes what a build writes.
NPM = """#!/bin/sh
echo "$1" >> calls
mkdir -p node_modules build/frontend/assets
if [ "$1" = run ]; then echo '{}' > build/frontend/manifest.json; fi
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Frontend:
    """A checkout with a front end, and an npm that only notes its calls."""
    root = tmp_path / "checkout"
    source = root / "apps" / "core" / "frontend" / "app.ts"
    source.parent.mkdir(parents=True)
    source.write_text("export {}")
    for name in ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json"):
        (root / name).write_text("{}")
    npm = root / "npm"
    npm.write_text(NPM)
    npm.chmod(0o755)
    monkeypatch.setattr(frontend_module, "find_npm", lambda _: Npm((str(npm),), {}))
    return Frontend(root)


def calls(frontend: Frontend) -> list[str]:
    """How npm was called since the last time we asked."""
    noted = frontend.root / "calls"
    words = noted.read_text().split() if noted.exists() else []
    noted.unlink(missing_ok=True)
    return words


def test_it_is_built_once(checkout: Frontend, crew: Crew, home: Home) -> None:
    for expected in (["ci", "run"], []):
        build_frontend(checkout, crew, home.log("frontend"), Progress())
        assert calls(checkout) == expected
    assert checkout.is_built()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("apps/core/frontend/app.ts", ["run"]),
        ("apps/core/frontend/new.css", ["run"]),
        ("vite.config.ts", ["run"]),
        ("package-lock.json", ["ci", "run"]),
        ("README.md", []),
    ],
)
def test_a_change_does_again_what_depends_on_it(
    checkout: Frontend, crew: Crew, home: Home, path: str, expected: list[str]
) -> None:
    build_frontend(checkout, crew, home.log("frontend"), Progress())
    calls(checkout)
    (checkout.root / path).write_text("changed")
    build_frontend(checkout, crew, home.log("frontend"), Progress())
    assert calls(checkout) == expected


def test_removed_files_are_built_again(checkout: Frontend, crew: Crew, home: Home) -> None:
    build_frontend(checkout, crew, home.log("frontend"), Progress())
    checkout.manifest.unlink()
    assert not checkout.is_built()


def test_a_running_copy_keeps_the_files_of_the_build_before(
    checkout: Frontend, crew: Crew, home: Home
) -> None:
    build_frontend(checkout, crew, home.log("frontend"), Progress())
    old, older = (checkout.manifest.parent / "assets" / name for name in ("old.js", "older.js"))
    for path in (old, older):
        path.write_text("")
    long_ago = checkout.manifest.stat().st_mtime - 2 * 24 * 3600
    os.utime(older, (long_ago, long_ago))
    (checkout.root / "vite.config.ts").write_text("{ }")
    build_frontend(checkout, crew, home.log("frontend"), Progress())
    assert old.exists()
    assert not older.exists()


def test_a_failing_build_shows_what_it_says(checkout: Frontend, crew: Crew, home: Home) -> None:
    (checkout.root / "npm").write_text("#!/bin/sh\necho cannot resolve preact\nexit 7\n")
    with pytest.raises(StartError, match=r"(?s)`npm ci .*status 7.*cannot resolve preact"):
        build_frontend(checkout, crew, home.log("frontend"), Progress())
    assert not checkout.is_built()


def test_without_node_the_sentence_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as changes:
        changes.setattr("importlib.util.find_spec", lambda _: None)
        changes.setenv("PATH", str(tmp_path))
        with pytest.raises(StartError, match=r"no usable Node \(20\.19 .* 22\.12"):
            frontend_module.find_npm(tmp_path)
