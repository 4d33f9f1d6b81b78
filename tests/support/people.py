"""The three people of every story: a manager, annotators of the team, an outsider."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.contrib.auth.hashers import make_password

from apps.accounts.models import User

PASSWORD = "spines-and-boutons"


@dataclass(frozen=True)
class Team:
    manager: User
    anna: User
    ben: User
    outsider: User


def make_team() -> Team:
    """Four people who can log in with PASSWORD."""

    def person(name: str, *, is_staff: bool = False) -> User:
        return User.objects.create(username=name, password=_password_hash(), is_staff=is_staff)

    return Team(
        manager=person("manager", is_staff=True),
        anna=person("anna"),
        ben=person("ben"),
        outsider=person("outsider"),
    )


@lru_cache(maxsize=1)
def _password_hash() -> str:
    """Hashing is slow by design: once is enough for all tests."""
    return make_password(PASSWORD)
