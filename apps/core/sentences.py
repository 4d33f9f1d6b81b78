"""Sentences of errors for people: they begin with the name that programs have for the field
("passes: give between 1 and 15."), which says nothing to whoever sees its label.

`apps/core/frontend/sentences.ts` does the same for what the API answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAMED = re.compile(r"^[a-z][a-z0-9_.]*: ")
_LATER = re.compile(r"(?<=[.!?] )([a-z][a-z0-9_.]*): ")
# What may be a field of which no page has a word; "own.csv" may be a file.
_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.\d+)*")
_FILE = re.compile(r"\S*[._/]\S")  # a name or an address, which stays as it is
_NONE: Mapping[str, str] = {}


def without_name(sentence: str, field: str | None) -> str:
    """Without the name of the field, for beside it."""
    name = f"{field}: "
    return _begun(sentence.removeprefix(name)) if sentence.startswith(name) else sentence


def without_any_name(sentence: str) -> str:
    """The same where it is not known of which field it is, or whether of one."""
    return _begun(_NAMED.sub("", sentence, count=1))


def with_labels(sentence: str, field: str | None, labels: Mapping[str, str] = _NONE) -> str:
    """With what the page calls the fields in place of their names, or the names as words where it
    has no label. Who sends something is told all that is wrong, a sentence after the other."""
    name = f"{field}: "
    if field and sentence.startswith(name):
        sentence = f"{labels.get(field) or _words(field)}: {sentence.removeprefix(name)}"
    return _LATER.sub(lambda found: _later(found, labels), sentence)


def _later(found: re.Match[str], labels: Mapping[str, str]) -> str:
    name = found[1]
    words = labels.get(name) or (_words(name) if _FIELD.fullmatch(name) else "")
    return f"{words}: " if words else found[0]


def _words(field: str) -> str:
    """ "Reference table" of "reference_table"."""
    words = re.sub(r"[._]+", " ", field)
    return words[:1].upper() + words[1:]


def _begun(sentence: str) -> str:
    return sentence if _FILE.match(sentence) else sentence[:1].upper() + sentence[1:]
