"""What can become of a call to CAVE, by what must follow."""

from __future__ import annotations

from enum import StrEnum

from apps.core.errors import InvalidInputError, UnavailableError


class Reason(StrEnum):
    """Why CAVE refused."""

    TABLE_NAME = "table_name"  # it is taken, or not a name
    SCHEMA = "schema"  # there is no such type of annotation, or the table's needs another call
    NO_TABLE = "no_table"
    DATA = "data"  # a field is missing, or holds what it may not
    TOO_MANY = "too_many"
    PERMISSION = "permission"
    TERMS = "terms"
    TOKEN = "token"  # noqa: S105 - the name of a reason
    SUPERSEDED = "superseded"
    ID_TAKEN = "id_taken"  # a row with the id is there already: what was sent before has arrived
    NO_TARGET = "no_target"  # the reference table has no row with the target's id
    UNREADABLE = "unreadable"  # one of the rows that were asked for lacks a field
    NOT_FOUND = "not_found"  # none of the rows is there, or no such datastack or version
    ADDRESS = "address"  # the server may not be asked from here
    OTHER = "other"


class CaveRefusedError(InvalidInputError):
    """CAVE refused, and will do so again.

    Nothing of an insert or delete was done. An update goes row by row: those before the refused one
    were done. words: CAVE's own, without its traceback. row: the id that they name, if they do; of
    `NO_TARGET` the target's.
    """

    code = "cave_refused"

    def __init__(
        self,
        sentence: str,
        *,
        reason: Reason,
        words: str,
        row: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(sentence, field=field, details={"reason": reason.value})
        self.reason = reason
        self.words = words
        self.row = row


class CaveUnavailableError(UnavailableError):
    """CAVE was not reached: nothing was done."""

    code = "cave_unavailable"

    def __init__(self, sentence: str, *, words: str) -> None:
        super().__init__(sentence)
        self.words = words


class CaveUncertainError(UnavailableError):
    """What was asked for may have been done, whole or not at all (an update: in part). Only reading
    the rows back tells."""

    code = "cave_uncertain"

    def __init__(self, sentence: str, *, words: str) -> None:
        super().__init__(sentence)
        self.words = words


class CaveStumbledError(CaveUncertainError):
    """CAVE answered 500 in words that nobody knows: it stumbled over a row that it cannot take, or
    is out of order. Its call is over; what it asked for was most likely not done."""

    code = "cave_stumbled"


class CaveOnceError(CaveUncertainError):
    """What CAVE says once after an integrity error or a freeze, and not again. Reads have been
    tried once more by then."""

    code = "cave_once"


def with_words(sentence: str, words: str) -> str:
    """A sentence, and CAVE's own words where they are not in it."""
    return sentence if not words or words in sentence else f"{sentence} CAVE says: {words}"
