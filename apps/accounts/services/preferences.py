"""What people set for themselves, kept on the server so that all their browsers agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.accounts.models import User
from apps.core.errors import InvalidInputError

MOST_ACTIONS = 200
MOST_KEYS = 4
LONGEST_NAME = 40


def preferences_of(user: User) -> dict[str, Any]:
    """`keys`: those of actions that are not as they are for everybody, by action."""
    return {"keys": user.preferences.get("keys", {})}


def set_keys(user: User, keys: Mapping[str, Sequence[str]]) -> None:
    """Keep the keys of a person instead of those that they had. What an action is called, and a
    key, is up to the page that has them.

    Raises InvalidInputError naming the field.
    """
    if len(keys) > MOST_ACTIONS:
        raise InvalidInputError(
            f"keys: give those of at most {MOST_ACTIONS} actions.", field="keys"
        )
    for action, chosen in keys.items():
        _check(action, chosen)
    user.preferences = {**user.preferences, "keys": keys}
    user.save(update_fields=["preferences"])


def _check(action: str, keys: Sequence[str]) -> None:
    if not _is_name(action):
        raise InvalidInputError(
            f"keys: the name of an action has 1 to {LONGEST_NAME} characters.", field="keys"
        )
    field = f"keys.{action}"
    if len(keys) > MOST_KEYS:
        raise InvalidInputError(f"{field}: give at most {MOST_KEYS} keys.", field=field)
    if not all(_is_name(key) for key in keys):
        raise InvalidInputError(
            f"{field}: the name of a key has 1 to {LONGEST_NAME} characters.", field=field
        )


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= LONGEST_NAME and "\0" not in text
