"""The compose file runs the same processes with the same settings as the launcher."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from synanno_server.env import REPOSITORY, SETTINGS, read_environment
from synanno_server.local.locked_uv import locked_uv
from synanno_server.local.valkey import EVICTION_POLICY
from synanno_server.processes import QUEUES, command_of
from workers.settings import task_queues

SERVERS = ("web", "worker", "beat", "migrate")
FOR_POSTGRES_ITSELF = {"POSTGRES_PASSWORD", "VOLUMES_FOLDER"}
FOR_THE_IMAGE = {"EXTRAS"}
ONLY_FOR_THE_LAUNCHER = {"SYNANNO_DEBUG", "CI"}
OF_ANOTHER_SERVICE = {"SYNANNO_CUTOUT_MEMORY_MB"}  # a limit that redis is started with
PLACEHOLDER = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return loaded


def filled(text: str) -> str:
    """The text as compose fills it in from an .env with only the two secrets."""
    return PLACEHOLDER.sub(lambda m: m[3] if m[2] == "-" else f"secret-{m[1].lower()}", text)


def test_the_five_services_are_there(compose: dict[str, Any]) -> None:
    assert {"web", "worker", "beat", "postgres", "redis"} <= set(compose["services"])


def test_all_servers_have_one_set_of_settings(compose: dict[str, Any]) -> None:
    settings = [compose["services"][name]["environment"] for name in SERVERS]
    assert all(other == settings[0] for other in settings)


def test_the_settings_are_those_of_the_table(compose: dict[str, Any]) -> None:
    given = set(compose["services"]["web"]["environment"])
    known = {setting.name for setting in SETTINGS}
    assert given <= known
    assert known - given == (ONLY_FOR_THE_LAUNCHER | OF_ANOTHER_SERVICE) & known


def test_every_value_can_be_read_and_defaults_are_the_tables(compose: dict[str, Any]) -> None:
    given = {
        name: filled(str(value))
        for name, value in compose["services"]["web"]["environment"].items()
    }
    environment = read_environment(given)
    assert environment.database_url.endswith("@postgres:5432/synanno")
    defaults = {setting.name: setting.default for setting in SETTINGS}
    for name, value in compose["services"]["web"]["environment"].items():
        placeholder = PLACEHOLDER.fullmatch(str(value))
        if placeholder and placeholder[2] == "-":
            assert placeholder[3] == defaults[name], name


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_each_container_runs_the_launchers_process(compose: dict[str, Any], name: str) -> None:
    *program, process = compose["services"][name]["command"]
    assert program == ["python", "-m", "synanno_server.processes"]
    environment = read_environment(
        {key: filled(str(v)) for key, v in compose["services"][name]["environment"].items()}
    )
    command = command_of(process, environment)
    assert ("0.0.0.0:8000" in command) == (name == "web")
    assert ("celery" in command) == (name != "web")


def test_an_unknown_process_is_refused() -> None:
    with pytest.raises(ValueError, match="web, worker or beat"):
        command_of("cron", read_environment({}))


def test_the_workers_serve_every_queue() -> None:
    assert set(QUEUES.split(",")) == {queue.name for queue in task_queues}


def test_secrets_must_be_given(compose: dict[str, Any]) -> None:
    for service, name in (("web", "SYNANNO_SECRET_KEY"), ("postgres", "POSTGRES_PASSWORD")):
        assert ":?" in compose["services"][service]["environment"][name]


def test_redis_evicts_cutouts_and_keeps_jobs(compose: dict[str, Any]) -> None:
    words = [filled(word) for word in compose["services"]["redis"]["command"]]
    assert words[words.index("--maxmemory-policy") + 1] == EVICTION_POLICY
    limit = next(s for s in SETTINGS if s.name == "SYNANNO_CUTOUT_MEMORY_MB").default
    assert words[words.index("--maxmemory") + 1] == f"{limit}mb"


def test_nothing_is_open_to_the_world(compose: dict[str, Any]) -> None:
    ports = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert [name for name, open_ports in ports.items() if open_ports] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in ports["web"])


def test_servers_wait_for_what_they_need(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat"):
        assert set(compose["services"][name]["depends_on"]) == {"migrate", "redis"}
    assert set(compose["services"]["migrate"]["depends_on"]) == {"postgres"}


def test_the_example_names_what_the_compose_file_asks_for(compose: dict[str, Any]) -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    asked = {match[1] for match in PLACEHOLDER.finditer(text)}
    known = {setting.name for setting in SETTINGS} | FOR_POSTGRES_ITSELF | FOR_THE_IMAGE
    assert asked <= known
    example = (REPOSITORY / "deploy" / "example.env").read_text()
    named = set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert named <= asked
    required = {match[1] for match in PLACEHOLDER.finditer(text) if match[2] == "?"}
    assert required <= named


def test_the_image_is_made_with_the_locked_uv() -> None:
    version, _ = locked_uv(REPOSITORY / "uv.lock")
    pinned = re.findall(r"pip install .*? uv(\S*)", (REPOSITORY / "deploy/Dockerfile").read_text())
    assert pinned == [f"=={version}"]


def test_the_image_copies_what_the_servers_need() -> None:
    text = (REPOSITORY / "deploy" / "Dockerfile").read_text()
    for name in ("synanno_server", "apps", "workers", "templates", "manage.py", "uv.lock"):
        assert f"COPY {name}" in text or f" {name} " in text, name
        assert (REPOSITORY / name).exists()
