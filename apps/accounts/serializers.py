"""What clients send about people and tokens, and what they are told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import ApiToken, Team, User


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


class UserSerializer(serializers.ModelSerializer[User]):
    is_administrator = serializers.BooleanField(source="is_superuser")

    class Meta:
        model = User
        fields = [
            *("id", "username", "first_name", "last_name", "email"),
            *("is_active", "is_staff", "is_administrator", "last_login"),
        ]


class NewPersonSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    first_name = serializers.CharField(max_length=150, default="", allow_blank=True)
    last_name = serializers.CharField(max_length=150, default="", allow_blank=True)
    email = serializers.CharField(max_length=254, default="", allow_blank=True)


class PersonChangeSerializer(serializers.Serializer[Any]):
    is_active = serializers.BooleanField(required=False)
    is_staff = serializers.BooleanField(required=False)


def _keys(**how: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(trim_whitespace=False), **how)


class PreferencesSerializer(serializers.Serializer[Any]):
    """`keys`: by action, where they are not those that it has for everybody. `choices`: how pages
    look to one, by what is chosen."""

    keys = serializers.DictField(child=_keys())
    choices = serializers.DictField(child=serializers.CharField())


class KeyChangeSerializer(serializers.Serializer[Any]):
    """Null: those that the action has for everybody."""

    before = _keys(allow_null=True)
    now = _keys(allow_null=True)


class KeyChangesSerializer(serializers.Serializer[Any]):
    """`keys`: what is changed, by action: the keys that the browser knew, and those now. `choices`:
    those that are made now."""

    keys = serializers.DictField(child=KeyChangeSerializer(), required=False)
    choices = serializers.DictField(child=serializers.CharField(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"keys": "Give keys, or choices."})
        return attrs


class KeysAfterSerializer(PreferencesSerializer):
    """`others`: actions that had other keys than the browser knew, and keep them."""

    others = serializers.ListField(child=serializers.CharField())


class PeopleFilters(serializers.Serializer[Any]):
    search = serializers.CharField(default="", allow_blank=True, max_length=100)
    is_active = serializers.BooleanField(default=None, allow_null=True)


class InvitationSerializer(serializers.Serializer[Any]):
    """`address` is where the person chooses a password, once."""

    address = serializers.URLField()


class InvitedUserSerializer(UserSerializer):
    invitation = serializers.URLField()

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "invitation"]


class TeamSerializer(serializers.ModelSerializer[Team]):
    size = serializers.IntegerField()

    class Meta:
        model = Team
        fields = ["id", "name", "size", "created_at"]


class TeamNameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)


class UsernameSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
