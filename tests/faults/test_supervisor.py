"""A whole copy under bad luck: killed, interrupted, started twice, its children killed."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import psutil
import pytest

from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local.guard import process_runs
from synanno_server.local.homes import Home
from synanno_server.local.stack import Stack, await_stack, running_stack, start_stack
from tests.support.homes import HomesWithTables
from tests.support.waiting import wait_for

pytestmark = pytest.mark.timeout(240)

GONE_WITHIN_S = 60.0


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, homes_with_tables: HomesWithTables
) -> Iterator[Stack]:
    """A copy for the tests that leave it running."""
    home = homes_with_tables.make(tmp_path_factory.mktemp("copy") / "home")
    with running_stack(home) as running:
        yield running


def family_of(stack: Stack) -> list[int]:
    """All processes of a copy: the supervisor, its guard, its children and theirs."""
    supervisor = psutil.Process(stack.process.pid)
    return [supervisor.pid, *(child.pid for child in supervisor.children(recursive=True))]


def answers(stack: Stack) -> bool:
    try:
        return health_status(stack, limit_s=5) == http.client.OK
    except OSError:
        return False


def health_status(stack: Stack, limit_s: float) -> int:
    host = stack.address.removeprefix("http://").rstrip("/")
    connection = http.client.HTTPConnection(host, timeout=limit_s)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


# ── how a copy ends ───────────────────────────────────────────────────────────────────────────


def end_supervisor(stack: Stack, number: signal.Signals) -> None:
    stack.process.send_signal(number)


def kill_supervisor_and_guard(stack: Stack) -> None:
    """Nobody is left to end the children but the kernel."""
    guards = [
        child
        for child in psutil.Process(stack.process.pid).children()
        if any(word.endswith("guard.py") for word in child.cmdline())
    ]
    assert len(guards) == 1
    guards[0].kill()
    stack.process.kill()


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda stack: end_supervisor(stack, signal.SIGINT), 0),
        (lambda stack: end_supervisor(stack, signal.SIGTERM), 0),
        (lambda stack: end_supervisor(stack, signal.SIGHUP), 0),
        (lambda stack: end_supervisor(stack, signal.SIGKILL), -9),
        pytest.param(
            kill_supervisor_and_guard,
            -9,
            marks=pytest.mark.skipif(
                sys.platform != "linux", reason="only Linux ends a child with its parent"
            ),
        ),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP", "kill -9", "kill -9 of the guard too"],
)
def test_no_process_is_left_however_a_copy_ends(
    tmp_path: Path,
    homes_with_tables: HomesWithTables,
    end: Callable[[Stack], None],
    status: int,
) -> None:
    with running_stack(homes_with_tables.make(tmp_path / "home")) as stack:
        family = family_of(stack)
        assert len(family) > 10
        end(stack)
        assert stack.process.wait(GONE_WITHIN_S) == status
        wait_for(lambda: not [pid for pid in family if process_runs(pid)], "the end of all")
        if end is kill_supervisor_and_guard:
            shutil.rmtree(socket_folder(stack))  # nobody was left to remove it
        wait_for(lambda: not socket_folder(stack).exists(), "the removal of the sockets")


def socket_folder(stack: Stack) -> Path:
    return Path(unquote(urlsplit(stack.settings["DATABASE_URL"]).hostname or ""))


def test_a_copy_that_was_killed_starts_again_at_once_with_its_data(tmp_path: Path) -> None:
    """And asks for the first account until there is one."""
    hint, output = "./synanno manage createsuperuser", tmp_path / "home" / "stack.log"
    with running_stack(tmp_path / "home") as stack:
        wait_for(lambda: "Ctrl-C ends it" in output.read_text(), "the welcome")
        assert hint in output.read_text()
        stack.manage("shell", "-v", "0", "-c", f"{CREATE_ANNA}; {MAKE_STAFF}")
        stack.process.kill()
        stack.process.wait()
    output.unlink()
    with running_stack(tmp_path / "home") as stack:
        wait_for(lambda: "Ctrl-C ends it" in output.read_text(), "the welcome")
        assert hint not in output.read_text()
        assert "Log out" in log_in(new_browser(), stack)


MAKE_STAFF = "User.objects.update(is_staff=True)"


def test_a_request_to_stop_while_starting_is_heeded(tmp_path: Path) -> None:
    home, output = Home(tmp_path / "home"), tmp_path / "output"
    process = start_stack(home.folder, output)
    wait_for(home.running.exists, "the start of the services")
    family = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(signal.SIGTERM)
    assert process.wait(GONE_WITHIN_S) == 0
    assert not [pid for pid in family if process_runs(pid)]
    assert "stopping" in output.read_text()


# ── what stands in the way ────────────────────────────────────────────────────────────────────


def start_and_fail(**settings: str) -> str:
    """Start a copy that cannot start, and give what it says."""
    port = settings.pop("port", "0")
    done = subprocess.run(
        [sys.executable, "-m", "synanno_server.local", "up", "--port", port],
        cwd=REPOSITORY,
        env=child_environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    return done.stderr


def test_a_second_copy_on_the_same_folder_is_sent_to_the_first(stack: Stack) -> None:
    said = start_and_fail(SYNANNO_HOME=str(stack.home.folder))
    assert f"already runs on {stack.home.folder} at {stack.address}" in said
    assert f"kill {stack.process.pid}" in said


def test_a_second_copy_on_the_same_port_is_sent_to_another(stack: Stack, tmp_path: Path) -> None:
    port = stack.address.rstrip("/").rpartition(":")[2]
    said = start_and_fail(SYNANNO_HOME=str(tmp_path / "other"), port=port)
    assert f"Port {port} of 127.0.0.1 is taken" in said
    assert "--port" in said


def test_two_copies_run_side_by_side(
    stack: Stack, tmp_path: Path, homes_with_tables: HomesWithTables
) -> None:
    with running_stack(homes_with_tables.make(tmp_path / "second")) as second:
        assert second.address != stack.address
        assert answers(second)
        assert answers(stack)
        assert_cookies_are_apart(stack, second)


def assert_cookies_are_apart(first: Stack, second: Stack) -> None:
    """A form of the first copy is still good after a login at the second in the same browser."""
    second.manage("shell", "-v", "0", "-c", CREATE_ANNA)
    browser = new_browser()
    form = login_form(browser, first)
    assert "Log out" in log_in(browser, second)
    assert "Please enter a correct username" in send_login(browser, first, {**form, **ANNA})


def new_browser() -> OpenerDirector:
    return build_opener(HTTPCookieProcessor(CookieJar()))


def log_in(browser: OpenerDirector, copy: Stack) -> str:
    """What anna sees after she has sent her password."""
    return send_login(browser, copy, {**login_form(browser, copy), **ANNA})


def login_form(browser: OpenerDirector, copy: Stack) -> dict[str, str]:
    with browser.open(f"{copy.address}login/") as page:
        found = re.search(r'name="(csrf\w+)" value="(\w+)"', page.read().decode())
    assert found is not None
    return {found[1]: found[2]}


def send_login(browser: OpenerDirector, copy: Stack, form: dict[str, str]) -> str:
    with browser.open(f"{copy.address}login/", urlencode(form).encode()) as page:
        text: str = page.read().decode()
    return text


ANNA = {"username": "anna", "password": "tissue-and-synapses"}
CREATE_ANNA = (
    "from apps.accounts.models import User;"
    f"User.objects.create_user({ANNA['username']!r}, password={ANNA['password']!r})"
)


def test_manage_uses_the_servers_of_the_running_copy(stack: Stack) -> None:
    code = "from django.db import connection; print(connection.settings_dict['HOST'])"
    done = subprocess.run(
        [sys.executable, "-m", "synanno_server.local", "manage", "shell", "-v", "0", "-c", code],
        cwd=REPOSITORY,
        env=child_environment(SYNANNO_HOME=str(stack.home.folder), DATABASE_URL="", REDIS_URL=""),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip().replace("/", "%2F") in stack.settings["DATABASE_URL"]


def test_manage_brings_servers_where_nothing_runs_and_hands_its_status_on(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    code = (
        "import sys; from django.db import connection; connection.ensure_connection(); sys.exit(7)"
    )
    done = subprocess.run(
        [sys.executable, "-m", "synanno_server.local", "manage", "shell", "-c", code],
        cwd=tmp_path,
        env=child_environment(
            SYNANNO_HOME=str(home.folder),
            DATABASE_URL="",
            REDIS_URL="",
            PYTHONPATH=str(REPOSITORY),
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 7, done.stderr
    assert not (home.postgres / "data" / "postmaster.pid").exists()


def test_a_mistake_names_the_command_that_was_typed(stack: Stack) -> None:
    unknown, incomplete = (manage(stack, *words) for words in (("serve",), ("open_campaign",)))
    assert "Type './synanno manage help' for usage." in unknown.stderr
    assert "usage: synanno manage open_campaign" in incomplete.stderr
    assert "manage.py" not in unknown.stderr + incomplete.stderr


def manage(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """`./synanno manage` on the folder of a running copy."""
    return subprocess.run(
        [sys.executable, "-m", "synanno_server.local", "manage", *words],
        cwd=REPOSITORY,
        env=child_environment(SYNANNO_HOME=str(stack.home.folder), DATABASE_URL="", REDIS_URL=""),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# ── children that die ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["web", "worker", "beat", "postgres", "valkey"])
def test_a_child_that_is_killed_is_started_again(stack: Stack, name: str) -> None:
    before = stack.children()[name]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: stack.children().get(name, before) != before, f"a new {name}")
    wait_for(lambda: answers(stack), "an answer of the web server")
    assert not process_runs(before)
    assert stack.process.poll() is None


def test_the_web_server_answers_again_on_the_same_address(stack: Stack) -> None:
    """Connections that come while it starts again wait; they are not refused."""
    os.kill(stack.children()["web"], signal.SIGKILL)
    assert health_status(stack, limit_s=60) == http.client.OK


def test_a_copy_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "postgres" / "data").mkdir(parents=True)
    output = tmp_path / "output"
    process = start_stack(home, output)
    assert process.wait(60) == 1
    assert "holds no PostgreSQL database" in output.read_text()
    assert not Home(home).running.exists()


def test_the_stack_for_tests_says_what_went_wrong(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "postgres" / "data").mkdir(parents=True)
    process = start_stack(home, tmp_path / "output")
    with pytest.raises(RuntimeError, match="holds no PostgreSQL database"):
        await_stack(Home(home), process, tmp_path / "output")
