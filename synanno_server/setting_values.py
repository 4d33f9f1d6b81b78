"""How the texts of settings are read: each gives its value, or raises ValueError that says why."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

Network = IPv4Network | IPv6Network
_SHORTEST_KEY = 32


def text(raw: str) -> str:
    return raw


def whole(raw: str) -> int:
    value = int(raw)
    if value < 0:
        raise ValueError("it must not be negative")
    return value


def positive(raw: str) -> int:
    value = int(raw)
    if value <= 0:
        raise ValueError("it must be greater than 0")
    return value


def batch(raw: str) -> int:
    value = positive(raw)
    if value > 1_000:
        raise ValueError("CAVE reads back at most 1000 rows at once")
    return value


def flag(raw: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    try:
        return known[raw.strip().lower()]
    except KeyError:
        raise ValueError("use 1 or 0") from None


def is_set(raw: str) -> bool:
    return raw.strip().lower() not in {"", "0", "false", "no"}


def items(raw: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in raw.split(",") if item.strip())


def keys(raw: str) -> tuple[str, ...]:
    found = items(raw)
    if any(len(key) < _SHORTEST_KEY for key in found):
        raise ValueError(f"each key must have at least {_SHORTEST_KEY} characters")
    return found


def networks(raw: str) -> tuple[Network, ...]:
    return tuple(ip_network(item) for item in items(raw))


def folder(raw: str) -> Path:
    return Path(raw).expanduser().resolve()


def folder_if_any(raw: str) -> Path | None:
    return folder(raw) if raw else None


def folders(raw: str) -> tuple[Path, ...]:
    return tuple(folder(item) for item in items(raw))


def log_format(raw: str) -> str:
    if raw not in {"json", "console"}:
        raise ValueError("use json or console")
    return raw


def log_level(raw: str) -> str:
    if raw.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("use DEBUG, INFO, WARNING or ERROR")
    return raw.upper()
