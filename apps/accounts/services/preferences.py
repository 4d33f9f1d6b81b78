"""What people set for themselves, kept on the server so that all their browsers agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InvalidInputError

MOST_NAMES = 100
MOST_KEYS = 4
LONGEST_TEXT = 40
SECTIONS = ("keys", "choices")

Choice = bool | int | str


def preferences_of(user: User) -> dict[str, Any]:
    """`keys`: the keys of actions that are not those of the server; `choices`: what else was
    chosen, by name."""
    return {section: user.preferences.get(section, {}) for section in SECTIONS}


@transaction.atomic
def set_preferences(user: User, changed: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Replace the sections that are named, and leave the others; all of them, as they now are.

    Raises InvalidInputError naming the field.
    """
    _check_names(changed)
    for name, keys in changed.get("keys", {}).items():
        _check_keys(f"keys.{name}", keys)
    for name, choice in changed.get("choices", {}).items():
        _check_choice(f"choices.{name}", choice)
    present = User.objects.select_for_update().get(pk=user.pk)
    present.preferences = {**present.preferences, **changed}
    present.save(update_fields=["preferences"])
    user.preferences = present.preferences
    return preferences_of(present)


def _check_names(changed: Mapping[str, Mapping[str, Any]]) -> None:
    for section, values in changed.items():
        if len(values) > MOST_NAMES:
            raise InvalidInputError(f"{section}: give at most {MOST_NAMES}.", field=section)
        for name in values:
            if not 1 <= len(name) <= LONGEST_TEXT:
                raise InvalidInputError(
                    f"{section}: a name has 1 to {LONGEST_TEXT} characters.", field=section
                )


def _check_keys(field: str, keys: Sequence[str]) -> None:
    if len(keys) > MOST_KEYS:
        raise InvalidInputError(f"{field}: give at most {MOST_KEYS} keys.", field=field)
    if not all(1 <= len(key) <= LONGEST_TEXT and "\0" not in key for key in keys):
        raise InvalidInputError(
            f"{field}: the name of a key has 1 to {LONGEST_TEXT} characters.", field=field
        )


def _check_choice(field: str, choice: object) -> None:
    is_text = isinstance(choice, str) and len(choice) <= LONGEST_TEXT and "\0" not in choice
    is_number = isinstance(choice, int) and abs(choice) < 10**9
    if not (is_text or is_number):
        raise InvalidInputError(
            f"{field}: give true, false, a whole number or a text of at most {LONGEST_TEXT} "
            "characters.",
            field=field,
        )
