"""The API of secrets: logins of buckets and CAVE come in and never out."""

from __future__ import annotations

from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.core.api import validated
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Secret
from apps.datasets.selectors.secrets import secret_for, secrets_of
from apps.datasets.serializers import (
    NewSecretSerializer,
    ReplacedSecretSerializer,
    SecretSerializer,
)
from apps.datasets.services.secrets import create_secret, delete_secret, replace_secret


class SecretsView(generics.ListAPIView[Secret]):
    """`GET`: the secrets that one may name for volumes and tables, without what they say; of
    administrators all, of others their own. `POST {"name": "lab bucket", "kind": "s3",
    "secret": "…"}`: keep one; one of CAVE may be of a `team` for a `server`. What it says is told
    to nobody again."""

    permission_classes = (IsAdminUser,)
    serializer_class = SecretSerializer
    queryset = Secret.objects.none()

    def get_queryset(self) -> QuerySet[Secret]:
        return secrets_of(person(self.request)).defer("sealed")

    @extend_schema(request=NewSecretSerializer, responses={201: SecretSerializer})
    @sensitive_variables("data")
    def post(self, request: Request) -> Response:
        data = validated(NewSecretSerializer(data=request.data))
        kind = SecretKind(data["kind"])
        secret = create_secret(
            data["name"],
            kind,
            data["secret"],
            person(request),
            team=data["team"],
            server=data["server"],
        )
        return Response(SecretSerializer(secret).data, status=status.HTTP_201_CREATED)


class SecretView(APIView):
    """`PUT {"secret": "…"}`: put another text under its name, with which its volumes are read from
    now on. `DELETE`: forget one that no volume names."""

    permission_classes = (IsAdminUser,)

    @extend_schema(request=ReplacedSecretSerializer, responses=SecretSerializer)
    @sensitive_variables("data")
    def put(self, request: Request, secret_id: int) -> Response:
        secret = secret_for(person(request), secret_id)
        data = validated(ReplacedSecretSerializer(data=request.data))
        replaced = replace_secret(secret, data["secret"], person(request))
        return Response(SecretSerializer(replaced).data)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, secret_id: int) -> Response:
        delete_secret(secret_for(person(request), secret_id), person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
