"""docs/permissions.md shows the table that the code holds people to."""

from __future__ import annotations

import re

import pytest

from apps.campaigns.models import Membership
from apps.campaigns.permissions import (
    ADMINISTRATORS_MAY,
    ALLOWED,
    Action,
    is_allowed,
    who_may,
)
from synanno_server.env import REPOSITORY

Role = Membership.Role
COLUMNS = (Role.VIEWER, Role.ANNOTATOR, Role.EXPERT, Role.MANAGER)


def documented() -> dict[str, list[bool]]:
    """For each action whether viewers, annotators, experts, managers, administrators may."""
    text = (REPOSITORY / "docs" / "permissions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`: [^|]+\|(.+)\|$", text, flags=re.MULTILINE)
    return {action: [cell.strip() == "✓" for cell in cells.split("|")] for action, cells in rows}


def test_the_table_and_the_code_are_the_same() -> None:
    expected = {
        action.value: [
            *(role in ALLOWED[action] for role in COLUMNS),
            action in ADMINISTRATORS_MAY,
        ]
        for action in Action
    }
    assert documented() == expected


@pytest.mark.parametrize("action", Action)
def test_an_administrator_loses_nothing_by_being_a_member(action: Action) -> None:
    for role in Role:
        assert is_allowed(action, role, is_administrator=True) >= is_allowed(
            action, role, is_administrator=False
        )


def test_those_who_take_no_part_may_nothing() -> None:
    assert not any(is_allowed(action, None, is_administrator=False) for action in Action)


def test_a_refusal_names_who_may() -> None:
    assert who_may(Action.SEE_RESULTS) == "a viewer or a manager"
    assert who_may(Action.ADJUDICATE) == "an expert"
