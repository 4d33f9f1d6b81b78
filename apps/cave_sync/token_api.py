"""The API of the tokens with which a campaign's managers deliver: they come in and never out."""

from __future__ import annotations

from typing import Any

from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.cave_sync.services.tokens import forget_token, keep_token, replace_token
from apps.core.api import validated
from apps.datasets.selectors.secrets import cave_secrets_for
from apps.datasets.serializers import ReplacedSecretSerializer, SecretSerializer


class TokenNameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)


class OtherTokenSerializer(ReplacedSecretSerializer, TokenNameSerializer):
    """Another text for a token that one keeps."""


class NewCaveTokenSerializer(OtherTokenSerializer):
    """team: one of one's own; only the staff may leave it away."""

    team = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    server = serializers.CharField(
        max_length=500, help_text="Where alone it is sent, as https://global.daf-apis.com."
    )


class TokensView(APIView):
    """`GET`: the tokens of CAVE that one may name for what the campaign delivers, without what they
    say. `POST`: keep one for a team, whose managers may deliver with it. `PUT`: another text for
    one that one keeps. `DELETE ?name=`: forget one that nothing is delivered with."""

    @extend_schema(responses=SecretSerializer(many=True))
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign_for(person(request), campaign_id, Action.MANAGE)
        found = cave_secrets_for(person(request)).select_related("created_by").defer("sealed")
        return Response(SecretSerializer(found, many=True).data)

    @extend_schema(request=NewCaveTokenSerializer, responses={201: SecretSerializer})
    @sensitive_variables("data")
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign_for(person(request), campaign_id, Action.MANAGE)
        data = validated(NewCaveTokenSerializer(data=request.data))
        kept = keep_token(
            data["name"],
            data["secret"],
            person(request),
            team=data["team"],
            server=data["server"],
        )
        return Response(SecretSerializer(kept).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=OtherTokenSerializer, responses=SecretSerializer)
    @sensitive_variables("data")
    def put(self, request: Request, campaign_id: int) -> Response:
        campaign_for(person(request), campaign_id, Action.MANAGE)
        data = validated(OtherTokenSerializer(data=request.data))
        replaced = replace_token(data["name"], data["secret"], person(request))
        return Response(SecretSerializer(replaced).data)

    @extend_schema(parameters=[TokenNameSerializer], request=None, responses={204: None})
    def delete(self, request: Request, campaign_id: int) -> Response:
        campaign_for(person(request), campaign_id, Action.MANAGE)
        named = validated(TokenNameSerializer(data=request.query_params))
        forget_token(named["name"], person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
