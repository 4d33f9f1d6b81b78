"""docs/settings.md lists the settings that the code reads, with the same defaults and meanings."""

from __future__ import annotations

import dataclasses

import pytest

from synanno_server.env import (
    REPOSITORY,
    SETTINGS,
    Environment,
    SettingError,
    read_environment,
)


def documented() -> list[tuple[str, ...]]:
    """The rows of the table: name, default, meaning."""
    lines = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| `")]
    return [tuple(cell.strip() for cell in row) for row in rows]


def test_the_table_and_the_code_are_the_same() -> None:
    expected = []
    for setting in SETTINGS:
        default = setting.default.replace(f"{REPOSITORY}/", "./")
        expected.append(
            (f"`{setting.name}`", f"`{default}`" if default else "empty", setting.meaning)
        )
    assert documented() == expected


def test_every_setting_is_read_into_the_environment() -> None:
    assert len(dataclasses.fields(Environment)) == len(SETTINGS)


def test_the_defaults_can_be_used() -> None:
    environment = read_environment({})
    assert environment.home == REPOSITORY / "var"
    assert environment.port == 8000
    assert environment.ci is False


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SYNANNO_PORT", "web", "invalid literal"),
        ("SYNANNO_PORT", "0", "greater than 0"),
        ("SYNANNO_PREFETCH_PAGES", "-1", "not be negative"),
        ("SYNANNO_HTTPS", "perhaps", "use 1 or 0"),
        ("SYNANNO_LOG_FORMAT", "xml", "json or console"),
        ("SYNANNO_LOG_LEVEL", "loud", "DEBUG, INFO"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str, reason: str) -> None:
    with pytest.raises(SettingError, match=f"{name} is '{value}'.*{reason}"):
        read_environment({name: value})


@pytest.mark.parametrize(("value", "is_ci"), [("true", True), ("woodpecker", True), ("0", False)])
def test_any_value_but_no_means_a_build_server(value: str, is_ci: bool) -> None:
    assert read_environment({"CI": value}).ci is is_ci
