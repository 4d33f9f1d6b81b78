"""Reads of secrets: their names, never what they say."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.core.errors import NotFoundError
from apps.datasets.models import Secret


def secrets_of(user: User) -> QuerySet[Secret]:
    """The secrets that somebody may name, replace and delete: administrators all, staff those that
    they made, by name."""
    found = Secret.objects.select_related("created_by", "team").order_by("name")
    if user.is_superuser:
        return found
    return found.filter(created_by=user) if user.is_staff else found.none()


def cave_secrets_for(user: User) -> QuerySet[Secret]:
    """The tokens of CAVE that somebody may name for what they deliver: those that they may name
    anyway, and those of their teams. That they manage a campaign is asked elsewhere."""
    own = Q(pk__in=secrets_of(user).values("pk"))
    of_teams = Q(pk__in=Secret.objects.filter(team__members=user).values("pk"))
    found = Secret.objects.select_related("team").filter(own | of_teams, kind=Secret.Kind.CAVE)
    return found.order_by("name")


def cave_secrets_kept_by(user: User) -> QuerySet[Secret]:
    """The tokens of CAVE that somebody may replace and delete: those that they may name anyway, and
    those that they keep for a team that they are in."""
    own = Q(pk__in=secrets_of(user).values("pk"))
    of_team = Q(pk__in=Secret.objects.filter(created_by=user, team__members=user).values("pk"))
    found = Secret.objects.select_related("team", "created_by")
    return found.filter(own | of_team, kind=Secret.Kind.CAVE).order_by("name")


def secret_for(user: User, secret_id: int) -> Secret:
    """One of the secrets that somebody may use. Raises NotFoundError, also for those of others."""
    found = secrets_of(user).filter(pk=secret_id).first()
    if found is None:
        raise NotFoundError(f"secret: there is no secret {secret_id}.", field="secret")
    return found


def secret_named(name: str, user: User | None = None) -> Secret:
    """A secret by its name: one that `user` may use, or for commands on this machine (None) any.

    Raises NotFoundError.
    """
    every = Secret.objects.all() if user is None else secrets_of(user)
    found = every.filter(name=name).first()
    if found is None:
        raise NotFoundError(f"secret: there is no secret {name!r}.", field="secret")
    return found
