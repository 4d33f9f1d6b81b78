"""Reads of people, teams and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from apps.accounts.models import ApiToken, User
from apps.core.errors import NotFoundError


def users_named(usernames: Sequence[str], field: str) -> list[User]:
    """The users of these names, in their order.

    Raises NotFoundError naming `field` and the first name that nobody has.
    """
    found = {user.username: user for user in User.objects.filter(username__in=usernames)}
    for name in usernames:
        if name not in found:
            raise NotFoundError(f"{field}: there is no user {name!r}.", field=field)
    return [found[name] for name in usernames]


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The tokens of a person, the newest first."""
    return ApiToken.objects.filter(user=user).order_by("-pk")
