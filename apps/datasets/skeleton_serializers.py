"""Skeletons of a dataset as the API takes and tells them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.connectome.twigs import TWIG_NM
from apps.datasets.models import SkeletonSource

_KINDS = SkeletonSource.Kind.choices


class SkeletonLengths(serializers.Serializer[Any]):
    nm_per_unit = serializers.FloatField(
        default=1.0, help_text="Of SWC files: how many nm a unit has, 1000 where they are in µm."
    )
    twig_nm = serializers.FloatField(default=TWIG_NM, help_text="Shorter twigs are taken off.")


class SkeletonSettingsSerializer(SkeletonLengths):
    kind = serializers.ChoiceField(_KINDS)
    address = serializers.CharField(
        max_length=2000,
        default="",
        allow_blank=True,
        help_text="Of a precomputed source, or of a folder with a file `<root id>.swc` a neuron.",
    )
    secret = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text="The login that opens the address."
    )


class SkeletonFilesSerializer(SkeletonLengths):
    file = serializers.FileField(
        help_text="A zip archive of at most 32 MB, unpacked, with a file `<root id>.swc` a neuron."
    )


class TrySkeletonSerializer(serializers.Serializer[Any]):
    root_id = serializers.RegexField(
        r"^[0-9]{1,20}$", error_messages={"invalid": "Give the root id of a neuron, a number."}
    )


class TriedSkeletonSerializer(serializers.Serializer[Any]):
    """`state`: `reading` (ask again in a second), `found`, or `none` with the reason."""

    state = serializers.CharField()
    sentence = serializers.CharField()
    vertices = serializers.IntegerField(help_text="Without short twigs.")
    length_nm = serializers.FloatField()
    has_soma = serializers.BooleanField()


class SkeletonSourceSerializer(serializers.Serializer[Any]):
    """`state`: `none` where nobody has named a source, `checking` until a worker has looked at it,
    then `usable`, or `unusable` with the `problem`."""

    kind = serializers.ChoiceField(_KINDS, allow_null=True)
    address = serializers.CharField()
    secret = serializers.CharField()
    nm_per_unit = serializers.FloatField()
    twig_nm = serializers.FloatField()
    state = serializers.CharField()
    problem = serializers.CharField()
    files = serializers.IntegerField(help_text="How many SWC files were sent.")
    stored = serializers.IntegerField(help_text="Of how many neurons it has been read.")
