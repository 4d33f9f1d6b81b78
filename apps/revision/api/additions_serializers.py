"""What clients send of missed synapses, and what the API answers. Triples are x, y, z, in voxels of
the campaign's table."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.revision.selectors.additions import MOST_NEAR
from apps.revision.services.additions import LONGEST_NOTE
from apps.revision.services.additions_marks import LONGEST_REASON

_FARTHEST = 2**31 - 1
_LARGEST_ID = 2**63 - 1
ORIGINS = ("table", "added")


def _axis(text: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(min_value=-_FARTHEST, max_value=_FARTHEST, help_text=text)


def _voxel(text: str, **more: Any) -> serializers.ListField:
    return serializers.ListField(child=_axis(), min_length=3, max_length=3, help_text=text, **more)


class PositionSerializer(serializers.Serializer[Any]):
    position = _voxel("A voxel of the table.")


class LookedAtSerializer(serializers.Serializer[Any]):
    """None of them: where one begins."""

    x = serializers.IntegerField(required=False, min_value=-_FARTHEST, max_value=_FARTHEST)
    y = serializers.IntegerField(required=False, min_value=-_FARTHEST, max_value=_FARTHEST)
    z = serializers.IntegerField(required=False, min_value=-_FARTHEST, max_value=_FARTHEST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) not in (0, 3):
            lacks = next(axis for axis in "xyz" if axis not in attrs)
            raise serializers.ValidationError({lacks: "Name all of x, y and z, or none of them."})
        return attrs


class NewSynapseSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField(help_text="Made by the client: sent again it adds nothing.")
    position = _voxel("The middle of it: a voxel of the table.")
    z1 = _axis("The first slice that it is seen in.")
    z2 = _axis("The last one.")
    pre = _voxel("The presynaptic point.", default=None, allow_null=True)
    post = _voxel("The postsynaptic point.", default=None, allow_null=True)
    note = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_NOTE)
    mark = serializers.UUIDField(
        default=None, allow_null=True, help_text="The key of the mark that it answers."
    )
    despite = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=_LARGEST_ID),
        default=list,
        max_length=MOST_NEAR,
        help_text="The ids of those that were shown as near, where it is added all the same.",
    )


class NeighbourSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    source_id = serializers.CharField()
    origin = serializers.ChoiceField(choices=ORIGINS)
    distance_nm = serializers.FloatField()
    center = serializers.ListField(child=serializers.IntegerField(), help_text="A voxel.")


class NeighboursSerializer(serializers.Serializer[Any]):
    near = NeighbourSerializer(many=True, help_text="The nearest first.")
    near_nm = serializers.FloatField(help_text="Within this distance.")


class NearErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    near = NeighbourSerializer(many=True)


class NearSerializer(serializers.Serializer[Any]):
    error = NearErrorSerializer()


class KnownSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    origin = serializers.ChoiceField(choices=ORIGINS)
    center = serializers.ListField(child=serializers.IntegerField(), help_text="A voxel.")


class AroundSerializer(serializers.Serializer[Any]):
    points = KnownSerializer(many=True)
    reach_nm = serializers.FloatField(help_text="All that lie within it are told, but for `most`.")
    is_all = serializers.BooleanField(help_text="False where there are more; the nearest are told.")


class AddedSerializer(serializers.Serializer[Any]):
    """`by` and `note` are null where they are not for whoever asks."""

    id = serializers.IntegerField()
    source_id = serializers.CharField(help_text="Its number among what was added, from 0.")
    position = serializers.ListField(child=serializers.IntegerField())
    z1 = serializers.IntegerField()
    z2 = serializers.IntegerField()
    pre = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    post = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    note = serializers.CharField(allow_null=True)
    by = serializers.CharField(allow_null=True)
    is_mine = serializers.BooleanField()
    at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    may_withdraw = serializers.BooleanField()
    is_finished = serializers.BooleanField(help_text="Whether somebody has drawn and finished it.")
    revise_url = serializers.CharField(allow_null=True, help_text="Where it is drawn.")


class AdditionsSerializer(serializers.Serializer[Any]):
    added = AddedSerializer(many=True, help_text="The latest first.")
    count = serializers.IntegerField(help_text="Of all that are not withdrawn.")


class MarkedPlaceSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField()
    position = serializers.ListField(child=serializers.IntegerField())
    note = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    is_mine = serializers.BooleanField()
    at = serializers.DateTimeField()
    reason = serializers.CharField(allow_null=True, help_text="Why it was dismissed.")


class MarkedPlacesSerializer(serializers.Serializer[Any]):
    waiting = MarkedPlaceSerializer(many=True, help_text="Those set last first.")
    dismissed = MarkedPlaceSerializer(many=True)
    count = serializers.IntegerField(help_text="Of all that wait.")


class DismissSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_REASON)


class AnsweredSerializer(serializers.Serializer[Any]):
    answered = serializers.BooleanField()
