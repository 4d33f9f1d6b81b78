"""Requests of people who are logged in."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request

from apps.accounts.models import ApiToken, User
from apps.accounts.selectors import check_administrator
from apps.accounts.services.people import invitation_of
from apps.core.errors import ForbiddenError


class OtherPersonError(ForbiddenError):
    """Another person than the one of the page is logged in."""

    code = "other_person"


class MayOpenCampaigns(IsAdminUser):
    """Of the API: those who may open campaigns, and see what one can be opened on."""

    message = "Only staff and administrators may open campaigns."


class PersonRequest(HttpRequest):
    """A request behind `login_required`: its `user` is a person."""

    user: User


def person(request: Request) -> User:
    """The person who sent an API request.

    Raises ForbiddenError for one that is not logged in, and OtherPersonError where the page that
    sent it was made for somebody else, as after another login in the same browser.
    """
    if not isinstance(request.user, User):
        raise ForbiddenError("Log in first.")
    meant = request.headers.get("X-SynAnno-Person")
    if meant is not None and meant != str(request.user.pk):
        raise OtherPersonError(
            f"{request.user.get_username()} has logged in in this browser since this page was "
            "opened. What is not saved is kept here until its own person logs in again."
        )
    return request.user


def logged_in_person(request: Request) -> User:
    """The person, who came with a login and not with a token: for what makes new ways in.

    Raises ForbiddenError. Otherwise who has got hold of a token could keep what it opens for ever.
    """
    user = person(request)
    if not isinstance(request.successful_authenticator, SessionAuthentication):
        raise ForbiddenError(
            "A token cannot make tokens or invitations; log in with your password."
        )
    return user


def administrator(request: Request) -> User:
    """The administrator who sent an API request. Raises ForbiddenError for others."""
    user = person(request)
    check_administrator(user)
    return user


def invitation_address(request: HttpRequest, user: User) -> str:
    """Where this person chooses a password, once; to be shown to whoever invites them."""
    uid, token = invitation_of(user)
    return request.build_absolute_uri(reverse("welcome", args=[uid, token]))


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token …`, as knox reads it; what can be no token is refused like any other
    wrong one."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        # knox has no annotations.
        found: tuple[User, ApiToken] = super().authenticate_credentials(token)  # type: ignore[no-untyped-call]
        return found
