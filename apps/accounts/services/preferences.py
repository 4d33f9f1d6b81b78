"""What people set for themselves, kept on the server so that all their browsers agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InvalidInputError

MOST_ACTIONS = 200
MOST_KEYS = 4
MOST_CHOICES = 50
LONGEST_NAME = 40


@dataclass(frozen=True)
class KeyChange:
    """The keys of one action, as a browser knew them and as they were chosen there. None: as they
    are for everybody."""

    before: Sequence[str] | None
    now: Sequence[str] | None


def preferences_of(user: User) -> dict[str, Any]:
    """`keys`: those of actions that are not as they are for everybody, by action. `choices`: how
    pages look to this person, by what is chosen."""
    return {
        "keys": user.preferences.get("keys", {}),
        "choices": user.preferences.get("choices", {}),
    }


@transaction.atomic
def change_choices(user: User, chosen: Mapping[str, str]) -> None:
    """Keep these choices; others stay. What is chosen, and what a choice is called, is up to the
    page that has it. Raises InvalidInputError naming the field."""
    for name, value in chosen.items():
        if not (_is_name(name) and _is_name(value)):
            raise InvalidInputError(
                f"choices: a choice and its name have 1 to {LONGEST_NAME} characters.",
                field="choices",
            )
    if not chosen:
        return
    locked = User.objects.select_for_update().get(pk=user.pk)
    choices = {**locked.preferences.get("choices", {}), **chosen}
    if len(choices) > MOST_CHOICES:
        raise InvalidInputError(f"choices: give at most {MOST_CHOICES}.", field="choices")
    locked.preferences = {**locked.preferences, "choices": choices}
    locked.save(update_fields=["preferences"])
    user.preferences = locked.preferences


@transaction.atomic
def change_keys(user: User, changes: Mapping[str, KeyChange]) -> list[str]:
    """Keep the keys of these actions; those of others stay. What an action is called, and a key, is
    up to the page that has them.

    Gives the actions that have other keys by now than the browser knew, chosen in another browser:
    those stay, too. Raises InvalidInputError naming the field.
    """
    for action, change in changes.items():
        _check(action, change.now or ())
    locked = User.objects.select_for_update().get(pk=user.pk)
    keys = dict(locked.preferences.get("keys", {}))
    others = [one for one in changes if _is_other(keys.get(one), changes[one])]
    for action in changes.keys() - set(others):
        chosen = changes[action].now
        if chosen is None:
            keys.pop(action, None)
        else:
            keys[action] = list(chosen)
    if len(keys) > MOST_ACTIONS:
        raise InvalidInputError(
            f"keys: give those of at most {MOST_ACTIONS} actions.", field="keys"
        )
    locked.preferences = {**locked.preferences, "keys": keys}
    locked.save(update_fields=["preferences"])
    user.preferences = locked.preferences
    return others


def _is_other(present: Sequence[str] | None, change: KeyChange) -> bool:
    """Whether neither what was known nor what is chosen: then somebody has chosen in between."""
    return present not in (change.before, change.now)


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
