"""Tokens with which programs act for a person."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from apps.accounts.models import ApiToken, User
from apps.core.errors import InvalidInputError, NotFoundError

LONGEST_DAYS = 365
MOST_TOKENS = 50


@transaction.atomic
def create_token(user: User, name: str, days: int) -> tuple[ApiToken, str]:
    """A new token and its secret, which is kept nowhere: show it to the person now.

    Raises InvalidInputError naming the field.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise InvalidInputError("name: give between 1 and 100 characters.", field="name")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInputError(
            f"days: a token is good for 1 to {LONGEST_DAYS} days.", field="days"
        )
    if ApiToken.objects.filter(user=user).count() >= MOST_TOKENS:
        raise InvalidInputError(
            f"name: you have {MOST_TOKENS} tokens already; revoke one first.", field="name"
        )
    token, secret = ApiToken.objects.create(user, timedelta(days=days), name=name)
    return token, secret


def revoke_token(user: User, token_id: int) -> None:
    """Make a token of this person useless from now on.

    Raises NotFoundError also for one of somebody else.
    """
    deleted, _ = ApiToken.objects.filter(user=user, pk=token_id).delete()
    if not deleted:
        raise NotFoundError(f"You have no token {token_id}.")
