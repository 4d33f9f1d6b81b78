"""Errors that are told to people. Rooms raise them; one handler turns them into HTTP."""

from __future__ import annotations

from collections.abc import Mapping


class SynAnnoError(Exception):
    """A sentence for the person who asked, with a code for programs.

    `field` names the input that is at fault, where there is one. `details` are more facts for
    programs.
    """

    code = "error"

    def __init__(
        self,
        sentence: str,
        *,
        field: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.details = dict(details or {})


class InvalidInputError(SynAnnoError):
    """What was sent cannot be used."""

    code = "invalid"


class ForbiddenError(SynAnnoError):
    """This person may not do this."""

    code = "forbidden"


class NotFoundError(SynAnnoError):
    """There is no such thing, or not for this person."""

    code = "not_found"


class GoneError(SynAnnoError):
    """What should be there is not."""

    code = "gone"


class UnavailableError(SynAnnoError):
    """A service that this stands on does not answer; asking again later may help."""

    code = "unavailable"


class ConflictError(SynAnnoError):
    """What was asked no longer fits the present state."""

    code = "conflict"
