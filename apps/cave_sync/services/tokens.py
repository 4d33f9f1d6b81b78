"""Tokens of CAVE that managers keep for their teams."""

from __future__ import annotations

from django.views.decorators.debug import sensitive_variables

from apps.accounts.models import User
from apps.core.errors import InvalidInputError
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Secret
from apps.datasets.selectors.secrets import cave_secrets_kept_by
from apps.datasets.services.secrets import create_secret, delete_secret, replace_secret


@sensitive_variables("text")
def keep_token(name: str, text: str, by: User, *, team: str, server: str) -> Secret:
    """Keep a token for a team of this person, whose managers may then deliver with it to `server`
    alone. Only the staff keep tokens that are theirs alone.

    That this person manages a campaign is asked elsewhere. Raises InvalidInputError naming the
    field, without the token.
    """
    if not (team or by.is_staff or by.is_superuser):
        raise InvalidInputError(
            "team: name a team that you are in. Only the staff keep tokens for themselves.",
            field="team",
        )
    return create_secret(name, SecretKind.CAVE, text, by, team=team, server=server)


@sensitive_variables("text")
def replace_token(name: str, text: str, by: User) -> Secret:
    """Put another token under the name of one that this person keeps. Raises InvalidInputError."""
    return replace_secret(_kept(name, by), text, by)


def forget_token(name: str, by: User) -> None:
    """Forget a token that this person keeps. Raises InvalidInputError, and ConflictError where
    something is delivered with it."""
    delete_secret(_kept(name, by), by)


def _kept(name: str, by: User) -> Secret:
    found = cave_secrets_kept_by(by).filter(name=name).first()
    if found is None:
        raise InvalidInputError(f"name: you keep no token of CAVE {name!r}.", field="name")
    return found
