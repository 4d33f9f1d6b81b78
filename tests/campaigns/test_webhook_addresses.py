"""Which addresses campaigns tell, what is said of the others, and how what is sent is signed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from django.utils import timezone

from apps.campaigns.gateways import DeliveryError, post
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.webhooks import add_webhook
from apps.campaigns.webhook_rules import sign
from apps.core.addresses import is_public
from apps.core.errors import InvalidInputError
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
_TCP = (socket.AF_INET, socket.SOCK_STREAM, 6)
_OPENSSL = "b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Open, with two pages of six."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    return paper_campaign(tmp_path, roles, instances=12)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "127.1", "no-such-name.invalid"])
def test_nobody_learns_what_there_is_in_a_private_network(name: str) -> None:
    failures = set()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(DeliveryError) as refused:
            post(f"http://{name}:{port}/", b"{}", {}, private_too=False)
        failures.add(str(refused.value))
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has connected
            server.accept()
    with pytest.raises(DeliveryError) as refused:  # nobody listens there now
        post(f"http://{name}:{port}/", b"{}", {}, private_too=False)
    failures.add(str(refused.value))
    assert failures == {"It cannot be reached: its name leads nowhere, or into a private network"}


def test_a_name_that_leads_to_the_internet_and_elsewhere_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        both = [(*_TCP, "", (peer, port)) for peer in ("93.184.216.34", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
        with pytest.raises(DeliveryError, match="private network"):
            post(f"http://example.org:{port}/", b"{}", {}, private_too=False)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://example.org/", "does not begin with https://"),
        ("example.org", "does not begin with https://"),
        ("https://", "does not begin with https://"),
        ("https://me:secret@example.org/", "holds a login"),
        ("https://example.org:99999/", "cannot be read"),
        ("http://127.0.0.1:8000/", "private network"),
        ("http://10.1.2.3/", "private network"),
        ("http://169.254.169.254/latest/meta-data", "private network"),
        ("http://[::1]/", "private network"),
        ("http://[::ffff:10.0.0.1]/", "private network"),
        ("http://localhost/", "private network"),
        ("http://localhost./", "private network"),
        ("http://127.1/", "private network"),
        ("http://2130706433/", "private network"),
        ("http://0x7f.1/", "private network"),
        ("http://127.0.0.1./", "private network"),
        ("https://example.org/" + "a" * 500, "longer than 500"),
    ],
)
def test_addresses_are_checked(paper: Campaign, team: Team, address: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as refused:
        add_webhook(paper, address, team.manager, timezone.now())
    assert refused.value.field == "address"


def test_public_addresses_are_those_of_the_internet() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")
    for private in (
        *("0.0.0.0", "224.0.0.1", "100.64.0.1", "fe80::1%eth0", "fd00::1"),  # noqa: S104 - it is not bound
        *("::", "::1", "fec0::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a00:1"),
        *("2002:7f00:1::", "169.254.169.254", "168.63.129.16", "fd00:ec2::254"),
    ):
        assert not is_public(private)


def test_a_signature_is_that_of_another_implementation() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    assert sign("secret", 1700000000, b"{}") == "t=1700000000,v1=" + _OPENSSL
