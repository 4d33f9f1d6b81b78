"""Requests of people who are logged in."""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request

from apps.accounts.models import User
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
