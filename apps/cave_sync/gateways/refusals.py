"""What an error of CAVE's services means.

They answer nearly every error with 500 and say in words which it was; of what they say nothing
known, it is uncertain whether it was done. Other numbers from 500 are of what stands before them.
"""

from __future__ import annotations

import re
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from apps.cave_sync.domain.cave_errors import (
    CaveOnceError,
    CaveRefusedError,
    CaveStumbledError,
    CaveUnavailableError,
    CaveUncertainError,
    Reason,
)
from apps.core.connections import PrivateAddressError
from apps.datasets.gateways import cave_connection as cave
from apps.datasets.gateways.guarded.cloud_files import refusal_in

CaveError = CaveRefusedError | CaveUnavailableError | CaveUncertainError

# In this order: what Postgres says of a key that is taken also ends in "already exists".
_KNOWN = (
    (r"UniqueViolation", Reason.ID_TAKEN),
    (r"ForeignKeyViolation", Reason.NO_TARGET),
    (r"superseded by annotation ID", Reason.SUPERSEDED),
    (r"insertion limit", Reason.TOO_MANY),
    (r"not a known annotation type", Reason.SCHEMA),
    (r"No table named", Reason.NO_TABLE),
    (r"already exists|[Tt]able name", Reason.TABLE_NAME),
    (r"No annotation with", Reason.UNREADABLE),
    (r"schema_errors|Missing data|may not be null|Not a valid|Special numeric", Reason.DATA),
    (r"OutOfRange|DataError|NotNullViolation|CheckViolation", Reason.DATA),
    (r"table not found", Reason.NOT_FOUND),
    (r"not valid at the query timestamp", Reason.OTHER),
)
# An abort that the services wrap in 500; 401 in it is about a table of somebody else.
_WRAPPED = re.compile(r"(\d{3}) [A-Z]")
_OF_STATUS = {
    401: Reason.PERMISSION,
    409: Reason.SUPERSEDED,
    413: Reason.TOO_MANY,
    422: Reason.DATA,
}
_ROW = re.compile(r"Key \((?:id|target_id)\)=\((\d+)\)|Annotation with ID (\d+)")
_ABOUT = {
    Reason.TABLE_NAME: "the table's name is refused",
    Reason.SCHEMA: "the schema is refused",
    Reason.NO_TABLE: "there is no such table",
    Reason.DATA: "a row is refused",
    Reason.TOO_MANY: "there are too many rows at once",
    Reason.PERMISSION: "the token may not do this",
    Reason.TERMS: "the terms of the service must be accepted first, with the token's account",
    Reason.TOKEN: "the token is missing or not accepted",
    Reason.SUPERSEDED: "a row was changed there already",
    Reason.ID_TAKEN: "a row with the same id is there already",
    Reason.NO_TARGET: "the reference table lacks a row that is spoken of",
    Reason.UNREADABLE: "one of the rows lacks a field, so that none of them can be read",
    Reason.NOT_FOUND: "there is no such thing",
    Reason.ADDRESS: "the server may not be asked from here",
    Reason.OTHER: "it is refused",
}
_FIELDS = {
    Reason.TABLE_NAME: "table",
    Reason.NO_TABLE: "table",
    Reason.SCHEMA: "schema",
    Reason.TOKEN: "secret",
    Reason.TERMS: "secret",
    Reason.PERMISSION: "secret",
    Reason.ADDRESS: "server",
}


def error_of(error: Exception, where: str, token: str) -> CaveError:
    """What an error of the client means; `where`: whom it asked. The token is not in it."""
    if (refusal := refusal_in(error)) is not None:
        is_private = isinstance(refusal, PrivateAddressError)
        named = " that SYNANNO_PRIVATE_NETWORKS does not name" if is_private else ""
        return refused(where, Reason.ADDRESS, f"{refusal}{named}")
    if isinstance(error, cave.NO_TOKEN):
        return refused(where, Reason.TOKEN, "")
    response = error.response if isinstance(error, requests.HTTPError) else None
    if response is not None:
        return _error_in(response, where, token)
    words = cave.kind_of(error)
    if not _was_reached(error):
        return CaveUnavailableError(f"{where} cannot be reached: {words}.", words=words)
    if isinstance(error, requests.RequestException) and not isinstance(error, ValueError):
        return CaveUncertainError(f"{where} does not answer: {words}.", words=words)
    return CaveUncertainError(f"{where} answers what nobody knows here: {words}.", words=words)


def refused(where: str, reason: Reason, words: str, row: int | None = None) -> CaveRefusedError:
    """A refusal, told in a sentence that ends with CAVE's own words."""
    told = f": {words.rstrip('.')}" if words else ""
    return CaveRefusedError(
        f"{where}: {_ABOUT[reason]}{told}.",
        reason=reason,
        words=words or _ABOUT[reason],
        row=row,
        field=_FIELDS.get(reason),
    )


def _error_in(response: requests.Response, where: str, token: str) -> CaveError:
    status, text = response.status_code, cave.hidden(token, _message(response))
    words = cave.hidden(token, cave.words_of(response))
    sentence = f"{where} answers {status}: {words.rstrip('.')}."
    if cave.passes(response):
        return CaveOnceError(sentence, words=words)
    if status == 429:
        return CaveUnavailableError(sentence, words=words)
    reason = _reason(status, text)
    if reason is None:
        kind = CaveStumbledError if status == 500 else CaveUncertainError
        return kind(sentence, words=words)
    if reason == Reason.TERMS:
        words = f"{words} {cave.hidden(token, _form(response))}".rstrip()
    found = _ROW.search(text)
    row = int(found[1] or found[2]) if found else None
    return refused(where, reason, words, row)


def _reason(status: int, text: str) -> Reason | None:
    """Why this was refused; None if it cannot be told, or was not."""
    if status == 401:
        return Reason.TOKEN
    if status == 403:
        return Reason.TERMS if "missing_tos" in text else Reason.PERMISSION
    for pattern, reason in _KNOWN:
        if re.search(pattern, text):
            return reason
    wrapped = _WRAPPED.match(text)
    of_status = _OF_STATUS.get(int(wrapped[1]) if wrapped else status)
    if of_status is not None or status >= 500:
        return of_status
    return Reason.NOT_FOUND if status == 404 else Reason.OTHER


def _message(response: requests.Response) -> str:
    """All that is said of an error but its traceback, which holds the code around."""
    found = _json(response)
    if not isinstance(found, dict):
        return str(found) if found else response.reason or ""
    if response.status_code >= 500:
        return str(found.get("message") or found)
    return " ".join(f"{key}: {value}" for key, value in found.items() if key != "traceback")


def _form(response: requests.Response) -> str:
    """Where the terms are accepted."""
    found = _json(response)
    data = found.get("data") if isinstance(found, dict) else None
    address = data.get("tos_form_url") if isinstance(data, dict) else None
    return f"({address})" if isinstance(address, str) else ""


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _was_reached(error: BaseException) -> bool:
    """Whether anything can have been sent."""
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, (NewConnectionError, ConnectTimeoutError)):
            return False
        seen.add(id(cause))
        cause = getattr(cause, "reason", None) or cause.__cause__ or cause.__context__
        if not isinstance(cause, BaseException):
            return True
    return True
