"""The API of people and their tokens."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.accounts.models import ApiToken
from apps.accounts.selectors import tokens_of
from apps.accounts.serializers import (
    MadeTokenSerializer,
    NewTokenSerializer,
    TokenSerializer,
)
from apps.accounts.services.tokens import create_token, revoke_token
from apps.core.api import validated
from apps.core.errors import ForbiddenError


class TokensView(generics.ListAPIView[ApiToken]):
    """`GET`: your tokens. `POST`: make one; its secret is told this once."""

    serializer_class = TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        return tokens_of(person(self.request))

    @extend_schema(request=NewTokenSerializer, responses={201: MadeTokenSerializer})
    def post(self, request: Request) -> Response:
        if not isinstance(request.successful_authenticator, SessionAuthentication):
            # Otherwise who has got hold of a token could keep what it opens for ever.
            raise ForbiddenError("A token cannot make another one; log in with your password.")
        data = validated(NewTokenSerializer(data=request.data))
        token, secret = create_token(person(request), data["name"], data["days"])
        body = TokenSerializer(token).data | {"secret": secret}
        return Response(body, status=status.HTTP_201_CREATED)


class TokenView(APIView):
    """`DELETE`: this token of yours opens nothing any more."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        revoke_token(person(request), token_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
