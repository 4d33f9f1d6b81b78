"""What staff may name in the web: data, never what the server keeps for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from apps.core.errors import InvalidInputError
from apps.datasets.gateways.places import may_be_named
from apps.datasets.gateways.volumes import check_place

OWN = ("demo-logins.json", "secret-key", "run/services.json", "logs/web.log", "postgres/base/1")
DATA = ("volumes/em/info", "volumes/synapses.csv", "demo/synapses.csv")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    for name in (*OWN, *DATA):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("x,y,z\n")
    with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, home=home, volume_roots=())):
        yield home


def test_without_any_setting_data_lies_in_two_folders_of_the_home(home: Path) -> None:
    assert all(may_be_named(home / name) for name in DATA)
    assert not any(may_be_named(home / name) for name in (*OWN, "", "elsewhere/table.csv"))
    assert not may_be_named(home.parent)
    (home / "volumes" / "link").symlink_to(home / "demo-logins.json")
    assert not may_be_named(home / "volumes" / "link")
    assert not may_be_named(home / "volumes" / ".." / "secret-key")


def test_a_root_that_holds_the_home_does_not_show_what_the_server_keeps(home: Path) -> None:
    for root in (home, home.parent):
        with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, volume_roots=(root,))):
            assert all(may_be_named(home / name) for name in DATA)
            assert not any(may_be_named(home / name) for name in OWN)


def test_volumes_follow_the_same_rule(home: Path) -> None:
    check_place(f"file://{home}/volumes/em", "image", in_web=True)
    check_place(f"file://{home}/run", "image")  # a command of who runs the server
    with pytest.raises(InvalidInputError, match="SYNANNO_HOME"):
        check_place(f"file://{home}/run", "image", in_web=True)
