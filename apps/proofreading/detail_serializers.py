"""What the API says of the instances of a page, for its description. Triples are x, y, z."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


def _triple(child: serializers.Field[Any, Any, Any, Any], text: str) -> serializers.ListField:
    return serializers.ListField(child=child, min_length=3, max_length=3, help_text=text)


def _voxels(text: str) -> serializers.ListField:
    return _triple(serializers.IntegerField(), text)


def _nm(text: str) -> serializers.ListField:
    return _triple(serializers.FloatField(), text)


class SpotSerializer(serializers.Serializer[Any]):
    voxel = _voxels("In voxels of the table.")
    nm = _nm("The middle of that voxel.")


class BoxSerializer(serializers.Serializer[Any]):
    """The half-open box that holds the centre and the points."""

    lo = _voxels("In voxels of the table.")
    hi = _voxels("In voxels of the table.")
    lo_nm = _nm("The edges in nm.")
    hi_nm = _nm("The edges in nm.")


class ColumnSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As the table calls the column.")
    title = serializers.CharField()
    value = serializers.JSONField(
        allow_null=True,
        help_text="As the table has it: text, a number, true or false, a list or an object of "
        "these; null where there is none. Whole numbers of 64 bits are text.",
    )


class ItemDetailsSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    center = SpotSerializer()
    pre_pt = SpotSerializer(allow_null=True)
    post_pt = SpotSerializer(allow_null=True)
    box = BoxSerializer()
    pre_root_id = serializers.CharField(allow_null=True)
    post_root_id = serializers.CharField(allow_null=True)
    columns = ColumnSerializer(
        many=True,
        allow_null=True,
        help_text="What else the table says; null where the campaign has gold.",
    )


class DetailsSerializer(serializers.Serializer[Any]):
    """The instances of a page, in the order in which they are shown."""

    voxel_nm = _nm("The size of a voxel of the table.")
    items = ItemDetailsSerializer(many=True)
