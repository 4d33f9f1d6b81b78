"""Reads of people, teams and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from apps.accounts.models import ApiToken, Team, User
from apps.core.errors import ForbiddenError, NotFoundError

NUL = "\0"  # in no text of Postgres, which refuses even to look for one


def users_named(usernames: Sequence[str], field: str) -> list[User]:
    """The users of these names, in their order.

    Raises NotFoundError naming `field` and the first name that nobody has.
    """
    asked = [name for name in usernames if NUL not in name]
    found = {user.username: user for user in User.objects.filter(username__in=asked)}
    for name in usernames:
        if name not in found:
            raise NotFoundError(f"{field}: there is no user {name!r}.", field=field)
    return [found[name] for name in usernames]


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The tokens of a person, the newest first."""
    return ApiToken.objects.filter(user=user).order_by("-pk")


def check_administrator(user: User) -> None:
    """Raises ForbiddenError to those who do not administer the server."""
    if not user.is_superuser:
        raise ForbiddenError("Only an administrator of the server may do this.")


def find_people(search: str = "", is_active: bool | None = None) -> QuerySet[User]:
    """People whose name or address holds `search`, by username."""
    people = User.objects.order_by("username")
    if search:
        words = ("username", "first_name", "last_name", "email")
        found = Q()
        for word in words:
            found |= Q(**{f"{word}__icontains": search})
        people = people.filter(found)
    return people if is_active is None else people.filter(is_active=is_active)


def get_person(person_id: int) -> User:
    """Raises NotFoundError."""
    user = User.objects.filter(pk=person_id).first()
    if user is None:
        raise NotFoundError(f"There is no person {person_id}.")
    return user


def all_teams() -> QuerySet[Team]:
    """Every team by name, with `size`, the number of its members."""
    return Team.objects.annotate(size=Count("team_members")).order_by("name")


def get_team(team_id: int) -> Team:
    """Raises NotFoundError."""
    team = Team.objects.filter(pk=team_id).first()
    if team is None:
        raise NotFoundError(f"There is no team {team_id}.")
    return team


def team_named(name: str, field: str = "team") -> Team:
    """Raises NotFoundError naming `field`."""
    team = Team.objects.filter(name=name).first() if NUL not in name else None
    if team is None:
        raise NotFoundError(f"{field}: there is no team {name!r}.", field=field)
    return team
