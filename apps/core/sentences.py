"""Sentences of errors for people: they begin with the name that programs have for the field
("passes: give between 1 and 15."), which says nothing to whoever sees its label.

`apps/core/frontend/sentences.ts` does the same for what the API answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAMED = re.compile(r"^[a-z][a-z0-9_.]*: ")
_FILE = re.compile(r"\S*[._/]\S")  # a name or an address, which stays as it is


def without_name(sentence: str, field: str | None) -> str:
    """Without the name of the field."""
    name = f"{field}: "
    return _begun(sentence.removeprefix(name)) if sentence.startswith(name) else sentence


def without_any_name(sentence: str) -> str:
    """The same where it is not known of which field it is, or whether of one."""
    return _begun(_NAMED.sub("", sentence, count=1))


def with_label(sentence: str, field: str, labels: Mapping[str, str]) -> str:
    """With what the page calls the field; without its name where the page has no word for it."""
    name = f"{field}: "
    if field not in labels or not sentence.startswith(name):
        return without_name(sentence, field)
    return f"{labels[field]}: {sentence.removeprefix(name)}"


def _begun(sentence: str) -> str:
    return sentence if _FILE.match(sentence) else sentence[:1].upper() + sentence[1:]
