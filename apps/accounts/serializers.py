"""What clients send about people and tokens, and what they are told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import ApiToken


class NewTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    days = serializers.IntegerField(default=90)


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """`begins_with` helps to tell tokens apart; the rest of it is not kept."""

    begins_with = serializers.CharField(source="token_key")
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")

    class Meta:
        model = ApiToken
        fields = ["id", "name", "begins_with", "created_at", "expires_at"]


class MadeTokenSerializer(TokenSerializer):
    """`secret` is told this once."""

    secret = serializers.CharField()

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "secret"]
