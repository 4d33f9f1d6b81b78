"""Addresses that people type: which of them lead into private networks. Pure rules."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

# What is said of an address that may not be read from or sent to, after it.
LEADS_INSIDE = "leads into a private network that SYNANNO_PRIVATE_NETWORKS does not name"
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".localdomain", ".home.arpa")
# Addresses of the internet by their number that a cloud answers itself, with logins.
_METADATA = {ip_address("168.63.129.16")}
# Where an IPv4 address stands in the last four bytes: translated (NAT64), and of old.
_HOLD_IPV4 = (ip_network("64:ff9b::/96"), ip_network("::/96"))
# Translated within a network, by a rule of its own: what they lead to cannot be told.
_TRANSLATED = (ip_network("64:ff9b:1::/48"), ip_network("::ffff:0:0:0/96"))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, not of this machine or a private network.

    IPv4 addresses within IPv6 ones (mapped, translated, 6to4) count as what they lead to.
    """
    ip = _bare(address)
    return ip.is_global and not (
        ip.is_multicast
        or ip.is_unspecified
        or ip in _METADATA
        or any(ip in network for network in _TRANSLATED)
        or (isinstance(ip, IPv6Address) and ip.is_site_local)
    )


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an IP address lies in one of these networks."""
    ip = _bare(address)
    return any(ip in network for network in networks)


def _bare(address: str) -> IPv4Address | IPv6Address:
    ip = ip_address(address.split("%", 1)[0])
    if isinstance(ip, IPv4Address):
        return ip
    inner = ip.ipv4_mapped or ip.sixtofour
    if inner is None and int(ip) > 1 and any(ip in network for network in _HOLD_IPV4):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip


def why_no_address(text: str) -> str | None:
    """Why this is no address that can be asked or told anything; None where it is one."""
    if "\\" in text:  # some readers take it for a /, and so another machine for the one meant
        return "it holds a \\"
    try:
        parts = urlsplit(text)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        return "it cannot be read"
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_number:
        return "it does not begin with https:// or http:// and the name of a machine"
    if parts.username is not None or parts.password is not None:
        return "it holds a login, which others could read"
    return None


def number_of(host: str) -> str | None:
    """The IP address that a host is, be it written as 127.1, 0x7f000001 or 017700000001; None for
    a name."""
    host = host.strip("[]").removesuffix(".")
    try:
        return str(ip_address(host.split("%", 1)[0] if ":" in host else _ipv4(host)))
    except (OSError, ValueError):
        return None


def _ipv4(host: str) -> str:
    return socket.inet_ntoa(socket.inet_aton(host))


def is_public_host(text: str, networks: Sequence[Network] = ()) -> bool:
    """Whether the address names no private machine outright, but for those in `networks`.

    What a name leads to is looked at when somebody connects (apps/core/connections.py).
    """
    host = (urlsplit(text).hostname or "").removesuffix(".")
    number = number_of(host)
    if number is not None:
        return is_public(number) or is_within(number, networks)
    return not (host == "localhost" or host.endswith(_LOCAL_NAMES)) or bool(networks)
