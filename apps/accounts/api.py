"""The API of people and their tokens."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import administrator, invitation_address, logged_in_person, person
from apps.accounts.models import ApiToken, User
from apps.accounts.selectors import check_administrator, find_people, get_person, tokens_of
from apps.accounts.serializers import (
    InvitationSerializer,
    InvitedUserSerializer,
    KeyChangesSerializer,
    KeysAfterSerializer,
    MadeTokenSerializer,
    NewPersonSerializer,
    NewTokenSerializer,
    PeopleFilters,
    PersonChangeSerializer,
    PreferencesSerializer,
    TokenSerializer,
    UserSerializer,
)
from apps.accounts.services.people import change_person, create_person, invite_again
from apps.accounts.services.preferences import (
    KeyChange,
    change_choices,
    change_keys,
    preferences_of,
)
from apps.accounts.services.tokens import create_token, revoke_token
from apps.core.api import validated
from apps.core.paging import filters_of


class TokensView(generics.ListAPIView[ApiToken]):
    """`GET`: your tokens. `POST`: make one; its secret is told this once."""

    serializer_class = TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        return tokens_of(person(self.request))

    @extend_schema(request=NewTokenSerializer, responses={201: MadeTokenSerializer})
    def post(self, request: Request) -> Response:
        user = logged_in_person(request)
        data = validated(NewTokenSerializer(data=request.data))
        token, secret = create_token(user, data["name"], data["days"])
        body = TokenSerializer(token).data | {"secret": secret}
        return Response(body, status=status.HTTP_201_CREATED)


class TokenView(APIView):
    """`DELETE`: this token of yours opens nothing any more."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        revoke_token(person(request), token_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PreferencesView(APIView):
    """`GET`: what you have set for yourself. `PATCH`: the keys of these actions, as long as they
    are those that your browser knew, and choices."""

    @extend_schema(responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        return Response(preferences_of(person(request)))

    @extend_schema(request=KeyChangesSerializer, responses=KeysAfterSerializer)
    def patch(self, request: Request) -> Response:
        user = person(request)
        given = validated(KeyChangesSerializer(data=request.data))
        with transaction.atomic():
            keys = {name: KeyChange(**one) for name, one in given.get("keys", {}).items()}
            others = change_keys(user, keys)
            change_choices(user, given.get("choices", {}))
        return Response(preferences_of(user) | {"others": others})


class PeopleView(generics.ListAPIView[User]):
    """`GET`: people. `POST`: make one, with the address of their invitation. Administrators."""

    serializer_class = UserSerializer

    def get_queryset(self) -> QuerySet[User]:
        administrator(self.request)
        return find_people(**filters_of(self.request, PeopleFilters))

    @extend_schema(parameters=[PeopleFilters])
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(request=NewPersonSerializer, responses={201: InvitedUserSerializer})
    def post(self, request: Request) -> Response:
        by = logged_in_person(request)
        check_administrator(by)
        user = create_person(**validated(NewPersonSerializer(data=request.data)), by=by)
        body = UserSerializer(user).data | {"invitation": invitation_address(request, user)}
        return Response(body, status=status.HTTP_201_CREATED)


class PersonView(APIView):
    """`GET`: a person. `PATCH`: close or open their account, let them open campaigns."""

    @extend_schema(responses=UserSerializer)
    def get(self, request: Request, person_id: int) -> Response:
        administrator(request)
        return Response(UserSerializer(get_person(person_id)).data)

    @extend_schema(request=PersonChangeSerializer, responses=UserSerializer)
    def patch(self, request: Request, person_id: int) -> Response:
        by = administrator(request)
        data = validated(PersonChangeSerializer(data=request.data))
        return Response(UserSerializer(change_person(get_person(person_id), by, **data)).data)


class InvitationView(APIView):
    """`POST`: an address where this person chooses a password, once. For the forgetful, too."""

    @extend_schema(request=None, responses={201: InvitationSerializer})
    def post(self, request: Request, person_id: int) -> Response:
        by = logged_in_person(request)
        check_administrator(by)
        user = get_person(person_id)
        invite_again(user, by)
        address = invitation_address(request, user)
        return Response({"address": address}, status=status.HTTP_201_CREATED)
