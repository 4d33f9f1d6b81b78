"""The gateway to CAVE: whom it trusts, how long it waits, and what it says of errors."""

from __future__ import annotations

import logging
import webbrowser
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import requests

from apps.cave_sync.domain.annotations import Datastack, NewTable
from apps.cave_sync.domain.cave_errors import (
    CaveOnceError,
    CaveRefusedError,
    CaveStumbledError,
    CaveUnavailableError,
    CaveUncertainError,
    Reason,
)
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.gateways.refusals import error_of
from tests.cave_sync.contract.conftest import RESOLUTION, synapse
from tests.support.cave_annotations.people import (
    DATASTACK,
    LAB_TOKEN,
    OWN_TOKEN,
    READING_TOKEN,
    TERMS_TOKEN,
)
from tests.support.cave_annotations.running import RunningCave, running_cave
from tests.support.loopback import serving


@pytest.fixture(scope="module")
def cave(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCave]:
    with running_cave(tmp_path_factory.mktemp("cave")) as cave:
        AnnotationService(cave.datastack, OWN_TOKEN).create_table(
            NewTable("own", "synapse", "Ours.", RESOLUTION)
        )
        yield cave


def refusal(action: Any, *arguments: Any) -> CaveRefusedError:
    with pytest.raises(CaveRefusedError) as raised:
        action(*arguments)
    return raised.value


def test_a_token_that_is_not_known_is_refused_and_not_told(cave: RunningCave) -> None:
    """Though the server repeats it."""
    wrong = "9" * 32
    error = refusal(AnnotationService, cave.datastack, wrong)
    assert (error.reason, error.field) == (Reason.TOKEN, "secret")
    assert "invalid_token" in error.words
    assert wrong not in f"{error.sentence} {error.words} {error!r} {error.details}"
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_who_may_only_read_is_told_so(cave: RunningCave) -> None:
    service = AnnotationService(cave.datastack, READING_TOKEN)
    assert service.count("own") == 0
    error = refusal(service.post, "own", [synapse(1)])
    assert error.reason == Reason.PERMISSION
    assert "missing_permission" in error.words


def test_a_table_of_somebody_else_is_refused(cave: RunningCave) -> None:
    """It comes as 500 around 401, which would otherwise be about the token."""
    service = AnnotationService(cave.datastack, OWN_TOKEN)
    assert service.metadata("synapses").owner != service.metadata("own").owner
    for action in (
        lambda: service.post("synapses", [synapse(1)]),
        lambda: service.put("synapses", [synapse(1)]),
        lambda: service.delete("synapses", [1]),
    ):
        assert refusal(action).reason == Reason.PERMISSION
    AnnotationService(cave.datastack, LAB_TOKEN).post("synapses", [synapse(1)])


def test_terms_are_told_and_no_browser_is_opened(
    cave: RunningCave, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    error = refusal(AnnotationService, cave.datastack, TERMS_TOKEN)
    assert error.reason == Reason.TERMS
    assert "terms of the service must be accepted" in error.sentence
    assert "https://tos.example.org/1" in error.sentence
    assert opened == []


def test_a_datastack_that_there_is_not(cave: RunningCave) -> None:
    error = refusal(AnnotationService, Datastack(cave.address, "large"), OWN_TOKEN)
    assert error.reason == Reason.NOT_FOUND


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(CaveUnavailableError, match="cannot be reached"):
        AnnotationService(Datastack("http://127.0.0.1:9", DATASTACK), OWN_TOKEN)


def test_a_server_that_may_not_be_reached(settings: Any) -> None:
    error = refusal(AnnotationService, Datastack("http://10.1.2.3", DATASTACK), OWN_TOKEN)
    assert (error.reason, error.field) == (Reason.ADDRESS, "server")


def test_a_server_that_says_nothing_is_given_up(cave: RunningCave) -> None:
    service = AnnotationService(cave.datastack, OWN_TOKEN, answer_s=0.2)
    cave.order("hold_before", "hold_after")
    try:
        with pytest.raises(CaveUncertainError):
            service.count("own")
        with pytest.raises(CaveUncertainError) as raised:
            service.post("own", [synapse(77)])
    finally:
        cave.release()
    assert "own" not in raised.value.words
    assert sorted(service.read("own", [77])) == [77]


class _SendsOn(BaseHTTPRequestHandler):
    """Everything is somewhere else, on what a cookie without a domain takes for a friend."""

    seen: list[str] = []
    elsewhere = ""

    def do_GET(self) -> None:
        type(self).seen.append(f"{self.headers.get('Authorization')} {self.headers.get('Cookie')}")
        self.send_response(302)
        self.send_header("Location", f"{self.elsewhere}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def test_nobody_sends_the_token_on_to_others() -> None:
    class Other(_SendsOn):
        seen: list[str] = []

    class First(_SendsOn):
        seen: list[str] = []

    with serving(Other) as other, serving(First) as first:
        First.elsewhere = f"http://localhost:{other}"
        error = refusal(
            AnnotationService, Datastack(f"http://127.0.0.1:{first}", DATASTACK), OWN_TOKEN
        )
    assert error.reason == Reason.TOKEN
    assert any(OWN_TOKEN in one for one in First.seen)
    assert not any(OWN_TOKEN in one for one in Other.seen)


def test_nothing_is_logged_of_the_token(
    cave: RunningCave, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even what the libraries would tell whoever looks for an error."""
    for name in ("urllib3.connectionpool", "caveclient.base", "caveclient.auth"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "disabled", False)
        caplog.set_level(logging.DEBUG, name)
        monkeypatch.setattr(logger, "handlers", [caplog.handler])
    service = AnnotationService(cave.datastack, OWN_TOKEN)
    cave.order("lost_reply", method="POST")
    with pytest.raises(CaveUncertainError) as raised:
        service.post("own", [synapse(5)])
    assert "/annotations" in caplog.text
    assert OWN_TOKEN not in caplog.text
    assert OWN_TOKEN not in f"{raised.value!r} {raised.value.sentence} {service!r}"


def answered(status: int, content: Any) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    response.reason = "Gateway Time-out" if status == 504 else "no reason"
    response.json = lambda **_: content  # type: ignore[method-assign]
    response._content = str(content).encode()
    return requests.HTTPError("…", response=response)


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (500, "400 Bad Request: Table own already exists", Reason.TABLE_NAME),
        (500, "400 Bad Request: Table name error: Invalid table name.", Reason.TABLE_NAME),
        (500, "400 Bad Request: type x is not a known annotation type", Reason.SCHEMA),
        (500, "400 Bad Request: No table named own exists.", Reason.NO_TABLE),
        (500, "{'schema_errors': {'annotations': ['Missing']}}", Reason.DATA),
        (500, "422 Unprocessable Entity: {'size': ['Missing data for it.']}", Reason.DATA),
        (500, "422 Unprocessable Entity: something new", Reason.DATA),
        (500, "413 Request Entity Too Large: The insertion limit is 10000", Reason.TOO_MANY),
        (500, "409 Conflict: superseded by annotation ID 7", Reason.SUPERSEDED),
        (500, "404 Not Found: (psycopg2.errors.UniqueViolation) x already exists",
         Reason.ID_TAKEN),
        (500, "404 Not Found: (psycopg2.errors.ForeignKeyViolation)", Reason.NO_TARGET),
        (500, "401 Unauthorized: not yours", Reason.PERMISSION),
        (500, "400 Bad Request: 12 not valid at the query timestamp", Reason.OTHER),
        (401, "invalid_token", Reason.TOKEN),
        (403, "missing_permission", Reason.PERMISSION),
        (404, "annotation_id [1] not in table own", Reason.NOT_FOUND),
        (400, "Input payload validation failed", Reason.OTHER),
    ],
)  # fmt: skip
def test_words_decide_what_a_refusal_is(status: int, message: str, reason: Reason) -> None:
    told = {"code": status, "message": message, "traceback": ["secret paths"]}
    error = error_of(answered(status, told), "here", OWN_TOKEN)
    assert isinstance(error, CaveRefusedError)
    assert error.reason == reason
    assert "secret paths" not in error.sentence
    assert error.words == message


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (500, "404 Not Found: This Session's transaction has been rolled back due to "
         "(psycopg2.errors.UniqueViolation)", CaveOnceError),
        (500, "(psycopg2.errors.AdminShutdown) terminating connection", CaveOnceError),
        (500, "404 Not Found: (psycopg2.OperationalError) deadlock", CaveStumbledError),
        (500, "'NoneType' object has no attribute 'get'", CaveStumbledError),
        (502, "Bad Gateway", CaveUncertainError),
        (503, "no healthy upstream", CaveUncertainError),
        (504, "", CaveUncertainError),
        (429, "slow down", CaveUnavailableError),
    ],
)  # fmt: skip
def test_of_what_is_not_known_it_is_uncertain_whether_it_was_done(
    status: int, message: str, kind: type[Exception]
) -> None:
    error = error_of(answered(status, {"message": message}), "here", OWN_TOKEN)
    assert type(error) is kind


def test_where_terms_are_accepted_is_told_without_the_token() -> None:
    form = f"https://tos.example.org/1?token={OWN_TOKEN}"
    told = {"error": "missing_tos", "message": "Accept", "data": {"tos_form_url": form}}
    error = error_of(answered(403, told), "here", OWN_TOKEN)
    assert isinstance(error, CaveRefusedError)
    assert "https://tos.example.org/1?token=" in error.sentence
    assert OWN_TOKEN not in f"{error.sentence} {error.words}"
