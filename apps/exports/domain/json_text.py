"""JSON that strangers wrote, read so that what is wrong with it can be told, and what it costs is
bounded."""

from __future__ import annotations

import json
from reprlib import Repr
from typing import Any

# What parts values from each other: a record of SynAnno has one in twelve characters or more. A
# text of nothing else, `[[],[],…`, would take a hundred times its size of memory.
_PARTING = "[{,"
_A_PART_HAS = 8  # characters at least
_SMALL = 1_000_000  # so many parts are read in any case
_MOST_DIGITS = 40
_LONGEST_TOLD = 60
_LONGEST_BIT = 20  # of what is no JSON

_told = Repr()
_told.maxlevel = _told.maxdict = _told.maxlist = 3
_told.maxstring = _told.maxother = _LONGEST_TOLD


class UnreadableTextError(Exception):
    """The text is no JSON, or too much of it; the message ends a sentence that names the file."""


class LongNumber(int):
    """A whole number of more digits than anything here can have: beyond every range, and told as it
    was written."""

    digits: str

    def __repr__(self) -> str:
        return f"{self.digits[:20]}… ({len(self.digits.lstrip('-')):,} digits)"


class Repeating(dict[str, Any]):
    """An object that has a key twice: which value was meant, nobody knows."""

    key: str


def read_json(text: str) -> Any:
    """What the text holds. An object with a key twice is `Repeating`, whole numbers of very many
    digits are `LongNumber`.

    Raises UnreadableTextError.
    """
    if sum(map(text.count, _PARTING)) > _SMALL + len(text) // _A_PART_HAS:
        raise UnreadableTextError("holds far more lists and values than SynAnno's files do")
    try:
        return json.loads(text, parse_int=_whole, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise UnreadableTextError(f"is not whole JSON: {_what_is_wrong(text, error)}") from error
    except RecursionError as error:
        raise UnreadableTextError("is nested too deeply") from error


def _what_is_wrong(text: str, error: json.JSONDecodeError) -> str:
    """What stands there, rather than what a parser would have liked."""
    place = f"line {error.lineno}, column {error.colno}"
    if error.msg.startswith("Unterminated") or not text[error.pos :].strip():
        return f"it breaks off at {place}; the file may be cut off"
    return f"it has {told_value(text[error.pos : error.pos + _LONGEST_BIT])} at {place}"


def told_value(value: Any) -> str:
    """A value as a sentence may name it, however large: in the words of JSON where Python has
    others."""
    if value is None or isinstance(value, bool | float):
        return json.dumps(value)
    # Of a text the beginning alone: `reprlib` shows its end, too.
    text = repr(value[:_LONGEST_TOLD]) if isinstance(value, str) else _told.repr(value)
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…"


def _whole(digits: str) -> int:
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    number = LongNumber(f"{'-' * digits.startswith('-')}1{'0' * _MOST_DIGITS}")
    number.digits = digits
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeating, seen = Repeating(found), set[str]()
    for key, _ in pairs:
        if key in seen:
            repeating.key = key
            break
        seen.add(key)
    return repeating
