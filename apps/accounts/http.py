"""Requests of people who are logged in."""

from __future__ import annotations

from django.http import HttpRequest
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import ApiToken, User
from apps.core.errors import ForbiddenError


class PersonRequest(HttpRequest):
    """A request behind `login_required`: its `user` is a person."""

    user: User


def person(request: Request) -> User:
    """The person who sent an API request.

    Raises ForbiddenError for one that is not logged in.
    """
    if not isinstance(request.user, User):
        raise ForbiddenError("Log in first.")
    return request.user


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token …`, as knox reads it; what can be no token is refused like any other
    wrong one."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        # knox has no annotations.
        found: tuple[User, ApiToken] = super().authenticate_credentials(token)  # type: ignore[no-untyped-call]
        return found
