"""The embedded servers: started, repaired after a broken stop, refused where they cannot run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import celery
import dj_database_url
import pytest
import redis

from synanno_server.env import REPOSITORY, read_environment
from synanno_server.local import postgres, privileges, valkey
from synanno_server.local.crew import Crew, guarded_crew
from synanno_server.local.errors import StartError
from synanno_server.local.guard import process_runs
from synanno_server.local.homes import Home
from synanno_server.local.postgres import Postgres
from synanno_server.local.privileges import Account
from synanno_server.local.progress import Progress
from synanno_server.local.services import Services, start_services
from synanno_server.local.stopping import StopSwitch
from synanno_server.redis_urls import celery_url, client_url


def start(home: Home, crew: Crew, *, durable: bool = False) -> Services:
    """Start embedded servers, whatever the environment of the tests names."""
    return start_services(home, read_environment({}), crew, Progress(), durable=durable)


def ask(services: Services, statement: str) -> str:
    """What the database answers, as text."""
    psql = str(postgres.binary("psql"))
    command = [psql, "-XAtq", "-d", services.database_url, "-c", statement]
    return subprocess.check_output(command, text=True).strip()


def test_data_survive_a_restart_and_nothing_is_left_running(home: Home) -> None:
    pids: list[int] = []
    for statement in ("CREATE TABLE kept AS SELECT 42 AS n", "SELECT n FROM kept"):
        with guarded_crew(home.log("guard"), StopSwitch()) as crew:
            services = start(home, crew)
            answer = ask(services, statement)
            pids += crew.processes.values()
    assert answer == "42"
    assert not [pid for pid in pids if process_runs(pid)]


def test_text_sorts_and_folds_the_same_on_every_machine(home: Home, crew: Crew) -> None:
    services = start(home, crew)
    assert ask(services, "SELECT upper('ä') || current_setting('server_encoding')") == "ÄUTF8"


def test_celery_and_redis_py_reach_the_same_embedded_server(home: Home, crew: Crew) -> None:
    services = start(home, crew)
    with celery.Celery(broker=celery_url(services.redis_url)).connection() as connection:
        connection.SimpleQueue("errands").put("milk")
    with redis.Redis.from_url(client_url(services.redis_url)) as client:
        assert client.llen("errands") == 1


def test_a_full_redis_drops_cutouts_and_never_tasks(home: Home, crew: Crew) -> None:
    environment = read_environment({"SYNANNO_CUTOUT_MEMORY_MB": "10"})
    services = start_services(home, environment, crew, Progress(), durable=False)
    with redis.Redis.from_url(client_url(services.redis_url)) as client:
        client.set("task", "to do")
        for number in range(40):
            client.set(f"cutout {number}", b"0" * 1_000_000, ex=3600)
        assert client.get("task") == b"to do"
        assert client.get("cutout 0") is None
        assert client.get("cutout 39") is not None


def test_the_sockets_are_for_their_owner_alone(home: Home, crew: Crew) -> None:
    services = start(home, crew)
    folder = Path(dj_database_url.parse(services.database_url)["HOST"])
    assert folder.stat().st_mode & 0o077 == 0
    assert len(str(folder)) < 60


# ── after a broken stop ───────────────────────────────────────────────────────────────────────


def test_a_half_made_database_is_made_anew(home: Home, crew: Crew) -> None:
    half_done = home.postgres / "data.new"
    half_done.mkdir(parents=True)
    (half_done / "PG_VERSION").write_text("18\n")
    assert ask(start(home, crew), "SELECT 1") == "1"
    assert not half_done.exists()


def write_mark(home: Home, text: str) -> None:
    (home.postgres / "data" / "postmaster.pid").write_text(text)


@pytest.fixture
def stopped_home(home: Home) -> Home:
    """A home whose database was made, used and ended."""
    with guarded_crew(home.log("guard"), StopSwitch()) as crew:
        start(home, crew)
    return home


@pytest.mark.parametrize(
    "text",
    [
        lambda home: f"{os.getpid()}\n{home.postgres / 'data'}\n",
        lambda home: f"4190000\n{home.postgres / 'data'}\n",
        lambda home: "",
    ],
    ids=["its number is another program's now", "its process is gone", "half-written"],
)
def test_a_mark_that_a_crash_left_is_no_obstacle(
    stopped_home: Home, crew: Crew, text: Callable[[Home], str]
) -> None:
    write_mark(stopped_home, text(stopped_home))
    assert ask(start(stopped_home, crew), "SELECT 1") == "1"


def test_a_killed_server_is_recovered(home: Home, crew: Crew) -> None:
    services = start(home, crew, durable=True)
    ask(services, "CREATE TABLE kept AS SELECT 42 AS n")
    for child in list(crew._children):
        child.process.kill()
        child.process.wait()
        crew.dismiss(child)
    time.sleep(0.5)
    assert ask(start(home, crew, durable=True), "SELECT n FROM kept") == "42"


def test_a_server_that_was_left_running_is_ended_first(home: Home, crew: Crew) -> None:
    start(home, crew)
    orphan = crew.processes["postgres"]
    with guarded_crew(home.log("guard"), StopSwitch()) as second:
        assert ask(start(home, second), "SELECT 1") == "1"
        assert second.processes["postgres"] != orphan
        assert crew.ended()[0].process.returncode == 0


def test_data_of_another_postgresql_are_refused_with_what_to_do(
    stopped_home: Home, crew: Crew
) -> None:
    (stopped_home.postgres / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(StartError, match=r"made by PostgreSQL 14, and this is PostgreSQL 18"):
        start(stopped_home, crew)


def test_a_folder_without_a_database_is_refused_and_kept(home: Home, crew: Crew) -> None:
    stray = home.postgres / "data" / "letter.txt"
    stray.parent.mkdir(parents=True)
    stray.write_text("dear")
    with pytest.raises(StartError, match="holds no PostgreSQL database"):
        start(home, crew)
    assert stray.read_text() == "dear"


def test_a_database_that_cannot_be_made_is_told_with_its_log(home: Home, crew: Crew) -> None:
    home.postgres.mkdir()
    with pytest.raises(StartError, match=r"could not be made.*logs/postgres\.log"):
        postgres._run_initdb(("/bin/sh", "-c", "exit 1"), None, home.log("postgres"))
    assert not crew.processes


# ── accounts ──────────────────────────────────────────────────────────────────────────────────


def as_nobody(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python as an ordinary user: as `nobody` where the tests run as root."""
    account = None
    if os.geteuid() == 0:
        account = privileges.server_account(Path("/nonexistent"))
    words, user, group = privileges.with_death_signal(
        (sys.executable, "-c", code), signal.SIGTERM, account
    )
    return subprocess.run(
        words,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        user=user,
        group=group,
        check=False,
        timeout=60,
    )


def test_an_ordinary_user_runs_the_servers_under_their_own_name(tmp_path: Path) -> None:
    folder = tmp_path / "ordinary"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    code = f"""
import os
from pathlib import Path
from synanno_server.env import read_environment
from synanno_server.local.crew import guarded_crew
from synanno_server.local.homes import Home
from synanno_server.local.progress import Progress
from synanno_server.local.services import start_services
from synanno_server.local.stopping import StopSwitch
home = Home(Path({str(folder)!r}) / "home")
home.make()
with guarded_crew(home.log("guard"), StopSwitch()) as crew:
    start_services(home, read_environment({{}}), crew, Progress(), durable=False)
    owners = {{Path(f"/proc/{{pid}}").stat().st_uid for pid in crew.processes.values()}}
    assert owners == {{os.geteuid()}} != {{0}}, owners
    print("started", sorted(crew.processes))
"""
    done = as_nobody(code)
    assert "started ['postgres', 'valkey']" in done.stdout, done.stderr


def test_data_of_another_user_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1000)
    with pytest.raises(StartError, match=r"belongs to user .* SYNANNO_HOME"):
        privileges.server_account(tmp_path)


def test_a_user_without_a_name_is_told_what_postgresql_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(StartError, match=r"User 54321 has no name .* DATABASE_URL"):
        privileges.server_account(tmp_path / "missing")


def test_without_setpriv_a_server_changes_user_the_plain_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(privileges, "_setpriv_can", lambda _: False)
    plain = privileges.with_death_signal(("true",), signal.SIGINT, Account(65534, 65534))
    assert plain == (("true",), 65534, 65534)
    assert privileges.with_death_signal(("true",), signal.SIGINT, None) == (("true",), None, None)


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changes:
        changes.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(StartError, match="embedded PostgreSQL is not installed"):
            postgres.binary("postgres")
        with pytest.raises(StartError, match="embedded Valkey is not installed"):
            valkey.binary()


def test_the_url_of_the_database_is_read_by_django(tmp_path: Path) -> None:
    server = Postgres(tmp_path, Path("/run/synanno-abc"), tmp_path / "log", durable=False)
    config = dj_database_url.parse(server.url)
    assert config["HOST"] == "/run/synanno-abc"
    assert config["NAME"] == "synanno"
    assert config["PORT"] == 5432
