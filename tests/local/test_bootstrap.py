"""Making the environment: which uv, fetched how, and when nothing is to be done."""

from __future__ import annotations

import fcntl
import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from synanno_server.env import REPOSITORY
from synanno_server.local import bootstrap
from synanno_server.local import locked_uv as uvs
from synanno_server.local.bootstrap import Stamp
from synanno_server.local.locked_uv import Machine, SetupError, Wheel
from tests.support.loopback import serving

DEBIAN = Machine("Linux", "x86_64", "glibc", (2, 36))


def wheel(platforms: str) -> Wheel:
    return Wheel(f"https://example.org/uv-1.0-py3-none-{platforms}.whl", "sha256:0")


WHEELS = [
    wheel("linux_armv6l"),
    wheel("macosx_10_12_x86_64"),
    wheel("macosx_11_0_arm64"),
    wheel("manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"),
    wheel("manylinux_2_17_x86_64.manylinux2014_x86_64"),
    wheel("manylinux_2_28_aarch64"),
    wheel("musllinux_1_1_x86_64"),
    wheel("win_amd64"),
]


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (DEBIAN, "manylinux_2_17_x86_64.manylinux2014_x86_64"),
        (Machine("Linux", "aarch64", "glibc", (2, 36)), "manylinux_2_28_aarch64"),
        (
            Machine("Linux", "aarch64", "glibc", (2, 26)),
            "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        ),
        (
            Machine("Linux", "aarch64", "musl", (1, 2)),
            "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        ),
        (Machine("Linux", "x86_64", "musl", (1, 2)), "musllinux_1_1_x86_64"),
        (Machine("Darwin", "arm64", "", (14, 5)), "macosx_11_0_arm64"),
        (Machine("Darwin", "x86_64", "", (10, 15)), "macosx_10_12_x86_64"),
    ],
)
def test_each_machine_gets_the_uv_that_runs_on_it(machine: Machine, expected: str) -> None:
    assert uvs.choose_wheel(WHEELS, machine) == wheel(expected)


@pytest.mark.parametrize(
    "machine",
    [
        Machine("Linux", "x86_64", "glibc", (2, 12)),
        Machine("Linux", "sparc64", "glibc", (2, 36)),
        Machine("Darwin", "arm64", "", (10, 15)),
    ],
)
def test_a_machine_without_a_uv_is_told_to_bring_its_own(machine: Machine) -> None:
    with pytest.raises(SetupError, match=r"no uv for .*Put uv on the PATH"):
        uvs.choose_wheel(WHEELS, machine)


def test_the_lock_file_of_this_checkout_names_a_uv_for_debian_and_macos() -> None:
    version, wheels = uvs.locked_uv(REPOSITORY / "uv.lock")
    assert version.split(".") >= ["0", "13"]
    for machine in (
        DEBIAN,
        Machine("Linux", "aarch64", "glibc", (2, 36)),
        Machine("Darwin", "arm64", "", (14, 0)),
        Machine("Darwin", "x86_64", "", (14, 0)),
    ):
        assert uvs.choose_wheel(wheels, machine).hash.startswith("sha256:")


def test_this_machine_is_one_that_the_lock_file_serves() -> None:
    _, wheels = uvs.locked_uv(REPOSITORY / "uv.lock")
    assert uvs.choose_wheel(wheels, uvs.this_machine()).file_name.startswith("uv-")


# ── fetching ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the loopback address under which its files are had."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing between the lines of the tests."""

    with serving(partial(Quiet, directory=str(folder))) as port:
        yield folder, f"http://127.0.0.1:{port}"


def checkout_with_uv(root: Path, served: tuple[Path, str], hash_of: bytes | None = None) -> None:
    """A checkout whose lock file names a uv that is served here."""
    folder, address = served
    file_name = "uv-1.0-py3-none-manylinux_2_17_x86_64.whl"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("uv-1.0.data/scripts/uv", "#!/bin/sh\necho locked uv\n")
    (folder / file_name).write_bytes(packed.getvalue())
    digest = hashlib.sha256(packed.getvalue() if hash_of is None else hash_of).hexdigest()
    (root / "uv.lock").write_text(
        f'[[package]]\nname = "uv"\nversion = "1.0"\n'
        f'wheels = [{{ url = "{address}/{file_name}", hash = "sha256:{digest}" }}]\n'
    )


def test_the_locked_uv_is_fetched_checked_and_kept(
    tmp_path: Path, served: tuple[Path, str]
) -> None:
    checkout_with_uv(tmp_path, served)
    uv = uvs.fetch_uv(tmp_path, DEBIAN)
    assert uv == tmp_path / ".tools" / "uv-1.0" / "uv"
    assert subprocess.check_output([uv], text=True) == "locked uv\n"
    next(served[0].glob("*.whl")).unlink()
    assert uvs.fetch_uv(tmp_path, DEBIAN) == uv


def test_a_file_with_another_hash_is_not_used(
    tmp_path: Path, served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    checkout_with_uv(tmp_path, served, hash_of=b"something else")
    with pytest.raises(SetupError, match=r"is not the file of uv\.lock"):
        uvs.fetch_uv(tmp_path, DEBIAN)
    assert not (tmp_path / ".tools" / "uv-1.0" / "uv").exists()


def test_without_the_network_a_uv_on_the_path_does(
    tmp_path: Path, served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout_with_uv(tmp_path, served)
    next(served[0].glob("*.whl")).unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"could not be fetched .* put uv on the PATH"):
        uvs.fetch_uv(tmp_path, DEBIAN)
    own = tmp_path / "uv"
    own.touch(mode=0o755)
    assert uvs.fetch_uv(tmp_path, DEBIAN) == own


# ── when it is to be done ─────────────────────────────────────────────────────────────────────


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A checkout that has an environment."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    return tmp_path


def stamp_of(checkout: Path, **changes: object) -> Stamp:
    fields: dict[str, Any] = {
        "lock_sha256": "a",
        "groups": frozenset({"dev", "node"}),
        "root": str(checkout),
    }
    return Stamp(**{**fields, "node": "", **changes})


def test_an_environment_made_from_the_same_lock_file_is_ready(environment: Path) -> None:
    stamp = stamp_of(environment)
    assert bootstrap.is_ready(stamp, "a", frozenset(), environment)
    assert bootstrap.is_ready(stamp, "a", frozenset({"dev"}), environment)


@pytest.mark.parametrize(
    "changes",
    [
        {"lock_sha256": "b"},
        {"groups": frozenset({"node"})},
        {"root": "/elsewhere"},
        {"groups": frozenset({"dev"}), "node": "/no/such/node"},
    ],
    ids=["another lock file", "a group is missing", "the checkout moved", "Node has gone"],
)
def test_an_environment_that_differs_is_made_anew(
    environment: Path, changes: dict[str, object]
) -> None:
    stamp = stamp_of(environment, **changes)
    assert not bootstrap.is_ready(stamp, "a", frozenset({"dev"}), environment)


def test_no_stamp_or_no_python_means_not_ready(tmp_path: Path) -> None:
    assert not bootstrap.is_ready(None, "a", frozenset(), tmp_path)
    assert not bootstrap.is_ready(stamp_of(tmp_path), "a", frozenset(), tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"lock_sha256": "a"}'])
def test_a_damaged_stamp_counts_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "stamp.json"
    path.write_text(content)
    assert bootstrap.read_stamp(path) is None


def test_a_stamp_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "stamp.json"
    path.write_text(stamp_of(tmp_path).as_json())
    assert bootstrap.read_stamp(path) == stamp_of(tmp_path)


def test_a_second_start_at_once_waits_for_the_first_and_then_uses_its_work(
    environment: Path,
) -> None:
    """The first start holds the lock; it finishes while the second waits."""
    lock_file = environment / "uv.lock"
    lock_file.write_text("")
    digest = hashlib.sha256(b"").hexdigest()
    lock = environment / ".tools" / "setup.lock"
    lock.parent.mkdir()
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code = (
            "import sys; from pathlib import Path; from synanno_server.local import bootstrap;"
            "bootstrap.prepare(Path(sys.argv[1]), frozenset())"
        )
        second = subprocess.Popen(
            [sys.executable, "-c", code, str(environment)],
            cwd=REPOSITORY,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stderr is not None
        assert "Another start is setting up" in second.stderr.readline()
        stamp = stamp_of(environment, lock_sha256=digest)
        (environment / ".venv" / "synanno-setup.json").write_text(stamp.as_json())
    assert second.wait(timeout=20) == 0
    assert second.stderr.read() == ""
    second.stderr.close()


def test_the_script_needs_nothing_but_the_standard_library() -> None:
    module = "synanno_server.local.bootstrap"
    done = subprocess.run(
        [sys.executable, "-S", "-sP", "-m", module, "--help"],
        cwd="/",
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Make .venv from uv.lock" in done.stdout


def test_bytecode_is_kept_where_python_may_leave_none_beside_its_sources(tmp_path: Path) -> None:
    """Else every process of a copy would compile Django, numpy and all the others anew."""
    (tmp_path / "slow_to_compile.py").write_text("")
    told = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "/elsewhere"}
    settings = bootstrap.command_environment(told, tmp_path)
    subprocess.run([sys.executable, "-c", "import slow_to_compile"], env=settings, check=True)
    kept = list(tmp_path.rglob("slow_to_compile.*.pyc"))
    assert [path.is_relative_to(tmp_path / ".tools") for path in kept] == [True]


def test_whoever_says_where_bytecode_goes_is_obeyed(tmp_path: Path) -> None:
    own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/bytecode"}
    assert bootstrap.command_environment(own, tmp_path) == {**own, "PYTHONPATH": str(tmp_path)}
    assert bootstrap.command_environment({}, tmp_path) == {"PYTHONPATH": str(tmp_path)}
