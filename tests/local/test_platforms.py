"""Which machines are served: the Pythons and Nodes that are taken, the wheels that are locked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.utils import parse_wheel_filename

from synanno_server.env import REPOSITORY
from synanno_server.local import bootstrap
from synanno_server.local.locked_uv import SetupError

# ── Python ────────────────────────────────────────────────────────────────────────────────────


def pretend_python(folder: Path, name: str, version: tuple[int, int]) -> None:
    """A Python that says it is of `version`; asked to run a module, it prints its own name."""
    code = f"import sys; sys.version_info = ({version[0]}, {version[1]}, 0)"
    (folder / name).write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = -I ]; then exec {sys.executable} -I -c "{code}; $3"; fi\n'
        f"echo {name}\n"
    )
    (folder / name).chmod(0o755)


def start(folder: Path) -> subprocess.CompletedProcess[str]:
    for tool in ("dirname", "sh"):
        (folder / tool).symlink_to(f"/usr/bin/{tool}")
    return subprocess.run(
        [str(REPOSITORY / "synanno"), "--help"],
        env={**os.environ, "PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ({"python3": (3, 14), "python3.12": (3, 12)}, "python3.12"),
        ({"python3": (3, 11), "python3.13": (3, 13), "python3.12": (3, 12)}, "python3.13"),
        ({"python3": (3, 12), "python3.14": (3, 14)}, "python3"),
        ({"python3": (3, 9), "python3.14": (3, 14)}, "python3.14"),
    ],
)
def test_the_script_takes_the_best_python_there_is(
    tmp_path: Path, there: dict[str, tuple[int, int]], taken: str
) -> None:
    for name, version in there.items():
        pretend_python(tmp_path, name, version)
    done = start(tmp_path)
    assert done.stdout == f"{taken}\n", done.stderr


def test_without_a_python_that_is_new_enough_it_says_which_to_install(tmp_path: Path) -> None:
    pretend_python(tmp_path, "python3", (3, 9))
    done = start(tmp_path)
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr


def test_the_lock_file_is_for_the_pythons_that_are_taken() -> None:
    lock = tomllib.loads((REPOSITORY / "uv.lock").read_text())
    oldest, newest = bootstrap.PYTHONS[0], bootstrap.PYTHONS[-1]
    assert lock["requires-python"] == f">={oldest[0]}.{oldest[1]}, <{newest[0]}.{newest[1] + 1}"


def install_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, running: tuple[int, int]
) -> Path:
    """Make an environment with a uv that is a script; gives where the script may write."""
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\n{script}\n")
    uv.chmod(0o755)
    monkeypatch.setattr(bootstrap, "fetch_uv", lambda *_: uv)
    monkeypatch.setattr("sys.version_info", (*running, 0))
    bootstrap._install(tmp_path, frozenset())
    return tmp_path / "seen"


def test_uv_is_told_to_use_the_running_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = install_with(tmp_path, monkeypatch, 'echo "$@" > seen', (3, 12))
    assert "--no-python-downloads --python /" in seen.read_text()


def test_with_a_python_that_is_too_new_uv_fetches_another_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = 'echo "$@ into $UV_PYTHON_INSTALL_DIR" > seen'
    words = install_with(tmp_path, monkeypatch, script, (3, 14)).read_text()
    assert words.endswith(f"--python 3.13 into {tmp_path}/.tools/python\n")
    assert "--no-python-downloads" not in words
    assert "not built for Python 3.14" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            "error: No interpreter found for Python 3.13 in",
            "Install one of Python 3.11, 3.12, 3.13",
        ),
        ("Failed to download https://x/python-build-standalone/", "Install one of Python 3.11"),
        ("cause: invalid peer certificate: UnknownIssuer", "set UV_SYSTEM_CERTS=1"),
        ("No space left on device", "free disk space"),
    ],
)
def test_what_uv_says_is_answered_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, advice: str
) -> None:
    with pytest.raises(SetupError, match=re.escape(advice)):
        install_with(tmp_path, monkeypatch, f'echo "{said}" >&2; exit 2', (3, 14))


def test_settings_for_a_proxy_reach_uv_and_those_of_another_project_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_SYSTEM_CERTS", "1")
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "/elsewhere")
    seen = install_with(
        tmp_path,
        monkeypatch,
        'echo "$UV_SYSTEM_CERTS,$HTTPS_PROXY,$UV_PROJECT_ENVIRONMENT" > seen',
        (3, 13),
    )
    assert seen.read_text() == f"1,{os.environ.get('HTTPS_PROXY', '')},\n"


# ── Node ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("node", "builds"),
    [
        ((18, 20), False),
        ((20, 18), False),
        ((20, 19), True),
        ((21, 7), False),
        ((22, 11), False),
        ((22, 12), True),
        ((24, 0), True),
    ],
)
def test_a_node_is_taken_if_vite_runs_on_it(node: tuple[int, int], builds: bool) -> None:
    assert bootstrap.builds_frontend(node) is builds


# ── wheels ────────────────────────────────────────────────────────────────────────────────────

PLATFORMS = {
    "Linux x86-64": re.compile(r"manylinux\w*_x86_64"),
    "Linux ARM": re.compile(r"manylinux\w*_aarch64"),
    "macOS on Apple silicon": re.compile(r"macosx\w*_(arm64|universal2)"),
    "macOS on Intel": re.compile(r"macosx\w*_(x86_64|universal2|intel)"),
}
# What a compiler has to build, as README says; atomicwrites is Python alone.
BUILT_THERE = {
    "Linux ARM": {"neuroglancer"},
    "macOS on Intel": {"brotlicffi", "cryptography"},
}
# What is not installed there at all: pyproject.toml leaves it out.
LEFT_OUT = {"macOS on Intel": {"onnxruntime"}}
OLD_PYTHON_ON_MACOS = {"gevent"}
PURE = {"atomicwrites"}


def is_for(package: dict[str, Any], python: tuple[int, int], platform: str) -> bool:
    """Whether this is the version of a package that this Python gets there: the lock may hold one
    for older ones beside it."""
    machine = {
        "python_full_version": f"{python[0]}.{python[1]}.0",
        "python_version": f"{python[0]}.{python[1]}",
        "sys_platform": "darwin" if platform.startswith("macOS") else "linux",
    }
    markers = package.get("resolution-markers", ())
    return not markers or any(Marker(marker).evaluate(machine) for marker in markers)


def has_wheel(package: dict[str, Any], python: tuple[int, int], platform: re.Pattern[str]) -> bool:
    """Whether a locked package has a file for this Python on this platform."""
    names = [wheel["url"].rsplit("/", 1)[-1] for wheel in package.get("wheels", ())]
    return any(
        (tag.platform == "any" or platform.fullmatch(tag.platform))
        and fits(tag.interpreter, tag.abi, python)
        for name in names
        for tag in parse_wheel_filename(name)[3]
    )


def fits(interpreter: str, abi: str, python: tuple[int, int]) -> bool:
    version = f"{python[0]}{python[1]}"
    if abi == "none":
        return interpreter in {"py3", f"py{version}", f"cp{version}"}
    if abi == "abi3":
        return interpreter.startswith("cp3") and int(interpreter[3:]) <= python[1]
    return interpreter == abi == f"cp{version}"


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", bootstrap.PYTHONS)
def test_what_a_machine_has_to_build_is_what_the_readme_says(
    platform: str, python: tuple[int, int]
) -> None:
    packages = tomllib.loads((REPOSITORY / "uv.lock").read_text())["package"]
    missing = {
        package["name"]
        for package in packages
        if "sdist" in package or "wheels" in package
        if is_for(package, python, platform)
        if not has_wheel(package, python, PLATFORMS[platform])
    }
    expected = BUILT_THERE.get(platform, set()) | LEFT_OUT.get(platform, set())
    if platform.startswith("macOS") and python == (3, 11):
        expected = expected | OLD_PYTHON_ON_MACOS
    assert missing - PURE == expected
    readme = (REPOSITORY / "README.md").read_text()
    assert all(name in readme for name in expected)
