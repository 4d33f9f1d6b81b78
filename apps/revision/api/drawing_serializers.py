"""What clients send of what they draw and set, and what the API answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.revision.domain import Method, Side
from apps.revision.models import Marker, MaskSlice, Proposal, ProposedSlice
from apps.revision.services.masks import MOST_AT_ONCE

_FARTHEST = 2**31 - 1
_FARTHEST_NM = 1e15
_MOST_REACH = 2**15 - 1
_SIDES = [side.value for side in Side]
METHODS = [method.value for method in Method]
STATUSES = Proposal.Status.values
ORIGINS = ("volume", *MaskSlice.Origin.values)
MARKER_ORIGINS = ("table", *Marker.Origin.values)
_SENT = (MaskSlice.Origin.DRAWN.value, MaskSlice.Origin.COPIED.value)


@extend_schema_field({"type": "array", "items": {"type": "integer", "minimum": 0}})
class RunsField(serializers.Field[list[int], list[int], list[int], Any]):
    """The runs of a slice, looked at number by number where it is known how large it is."""

    default_error_messages = {"not_a_list": "Runs are a list of numbers."}

    def to_internal_value(self, data: list[int]) -> list[int]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        return data

    def to_representation(self, value: list[int]) -> list[int]:
        return value


def _number(text: str, **more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=text, **more)


def _z() -> serializers.IntegerField:
    return _number("A voxel of the cleft volume.", min_value=-_FARTHEST, max_value=_FARTHEST)


def _base() -> serializers.IntegerField:
    return _number(
        "The number of the version that was seen; 0 is as in the volume.",
        min_value=0,
        max_value=_FARTHEST,
    )


def _point(text: str, child: serializers.Field[Any, Any, Any, Any], **more: Any) -> Any:
    return serializers.ListField(child=child, min_length=3, max_length=3, help_text=text, **more)


def _runs(**more: Any) -> RunsField:
    return RunsField(
        help_text="Lengths of background, cleft, background and so on, row by row over the box.",
        **more,
    )


class NewSliceSerializer(serializers.Serializer[Any]):
    z = _z()
    base = _base()
    key = serializers.UUIDField(help_text="Made by the client: sent again it changes nothing.")
    runs = _runs(allow_null=True)  # null: as in the volume again, which is nobody's drawing
    origin = serializers.ChoiceField(choices=_SENT, default=_SENT[0])
    made_at = serializers.DateTimeField()


class NewSlicesSerializer(serializers.Serializer[Any]):
    # The stubs do not know that `many` makes a list, which takes this limit.
    slices = NewSliceSerializer(many=True, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]


class RestoreSerializer(serializers.Serializer[Any]):
    z = _z()
    version = _number("Which one is taken again.", min_value=0, max_value=_FARTHEST)
    base = _base()
    key = serializers.UUIDField()


class KeptSliceSerializer(serializers.Serializer[Any]):
    z = serializers.IntegerField()
    number = serializers.IntegerField()
    key = serializers.UUIDField()


class KeptSlicesSerializer(serializers.Serializer[Any]):
    kept = KeptSliceSerializer(many=True)
    expires_at = serializers.DateTimeField()


class SliceSerializer(serializers.Serializer[Any]):
    """What holds in a slice: version 0, without runs, is as in the volume."""

    z = serializers.IntegerField()
    number = serializers.IntegerField()
    runs = _runs(allow_null=True)
    origin = serializers.ChoiceField(choices=ORIGINS)
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)


class ChangedErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    slices = SliceSerializer(many=True, help_text="What holds where something came late.")
    kept = KeptSliceSerializer(many=True)
    held = serializers.BooleanField(help_text="Whether the lease still holds.")


class ChangedSerializer(serializers.Serializer[Any]):
    error = ChangedErrorSerializer()


class SliceVersionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    runs = _runs(allow_null=True)
    origin = serializers.ChoiceField(choices=ORIGINS)
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    voxels = serializers.IntegerField(allow_null=True)
    late = serializers.BooleanField()


class VersionsSerializer(serializers.Serializer[Any]):
    versions = SliceVersionSerializer(many=True)
    before = serializers.IntegerField(
        allow_null=True, help_text="Ask with `before=` this for those that came earlier, if any."
    )


class MarkerSerializer(serializers.Serializer[Any]):
    """A point as it holds: number 0 is the table's. Without a voxel there is none."""

    number = serializers.IntegerField()
    voxel = _point("Of the table: x, y, z.", serializers.IntegerField(), allow_null=True)
    nm = _point("Where it was set: x, y, z.", serializers.FloatField(), allow_null=True)
    origin = serializers.ChoiceField(choices=MARKER_ORIGINS)
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    checked = serializers.BooleanField(help_text="Whether the neuron volume was looked at.")
    segment = serializers.CharField(allow_null=True, help_text="Of the neuron volume; 0 is none.")
    problem = serializers.CharField(allow_null=True, help_text="Why it could not be looked at.")
    advice = serializers.CharField(
        allow_null=True, help_text="A sentence where the point may lie in the wrong place."
    )
    swapped = serializers.BooleanField(
        help_text="Whether both points lie in each other's neurons of the table."
    )


class MarkersSerializer(serializers.Serializer[Any]):
    pre = MarkerSerializer()
    post = MarkerSerializer()


class NewMarkerSerializer(serializers.Serializer[Any]):
    side = serializers.ChoiceField(choices=_SIDES)
    nm = _point(
        "x, y, z; null takes the point away.",
        serializers.FloatField(min_value=-_FARTHEST_NM, max_value=_FARTHEST_NM),
        allow_null=True,
    )
    base = _base()
    key = serializers.UUIDField()
    made_at = serializers.DateTimeField()


class NewMarkersSerializer(serializers.Serializer[Any]):
    markers = NewMarkerSerializer(many=True, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]


class BasesSerializer(serializers.Serializer[Any]):
    pre = _base()
    post = _base()


class SwapSerializer(serializers.Serializer[Any]):
    keys = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=2,
        max_length=2,
        help_text="Of the new presynaptic and the new postsynaptic point.",
    )
    bases = BasesSerializer()


class ResetSerializer(serializers.Serializer[Any]):
    side = serializers.ChoiceField(choices=_SIDES)
    base = _base()
    key = serializers.UUIDField()


class MarkerChangedErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    markers = MarkersSerializer(help_text="As they are now.")
    held = serializers.BooleanField(help_text="Whether the lease still holds.")


class MarkerChangedSerializer(serializers.Serializer[Any]):
    error = MarkerChangedErrorSerializer()


class ProposalWantedSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField()
    method = serializers.ChoiceField(choices=METHODS)
    reach = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=0,
        max_value=_MOST_REACH,
        help_text="How many slices beyond the outermost drawn ones at most; null: all.",
    )


class ProposedSliceSerializer(serializers.Serializer[Any]):
    z = serializers.IntegerField()
    runs = _runs()
    how = serializers.CharField(help_text="between or beyond what was drawn")
    confidence = serializers.FloatField(help_text="0 to 1")
    fate = serializers.ChoiceField(choices=ProposedSlice.Fate.values, allow_null=True)


class ProposalSerializer(serializers.Serializer[Any]):
    """`slices` are there when it is ready."""

    id = serializers.IntegerField()
    method = serializers.ChoiceField(choices=METHODS)
    status = serializers.ChoiceField(choices=STATUSES)
    failure = serializers.CharField(allow_null=True, help_text="Why it failed.")
    asked_at = serializers.DateTimeField()
    reach = serializers.IntegerField(allow_null=True)
    seeds = serializers.ListField(child=serializers.IntegerField())
    slices = ProposedSliceSerializer(many=True)


class ProposalsSerializer(serializers.Serializer[Any]):
    proposals = ProposalSerializer(many=True)


class ChoiceSerializer(serializers.Serializer[Any]):
    z = _z()
    accept = serializers.BooleanField()
    base = _base()
    key = serializers.UUIDField(help_text="Of the version that an accepted slice becomes.")


class DecisionSerializer(serializers.Serializer[Any]):
    slices = ChoiceSerializer(many=True, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]


class OpenAgainSerializer(serializers.Serializer[Any]):
    z = _z()
    base = _base()
    key = serializers.UUIDField(help_text="Of the version without what was accepted.")


class TakenBackSerializer(serializers.Serializer[Any]):
    slices = OpenAgainSerializer(many=True, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]


class MethodSerializer(serializers.Serializer[Any]):
    key = serializers.ChoiceField(choices=METHODS)
    title = serializers.CharField()
    available = serializers.BooleanField()
    sentence = serializers.CharField(
        allow_null=True, help_text="Why it is not, or what to know of it."
    )


class EaselBoxSerializer(serializers.Serializer[Any]):
    lo = _point("x, y, z", serializers.IntegerField())
    hi = _point("x, y, z; the first beyond it", serializers.IntegerField())


class ImageReachSerializer(serializers.Serializer[Any]):
    lo = _point("x, y, z in nm", serializers.FloatField())
    hi = _point("x, y, z in nm; the first beyond it", serializers.FloatField())


class EaselSerializer(serializers.Serializer[Any]):
    """What can be drawn on, and all that was drawn: in voxels of the cleft volume, of
    `resolution_nm`. The middle of a voxel lies at (voxel + ½) · resolution."""

    box = EaselBoxSerializer()
    resolution_nm = _point("Of the cleft volume.", serializers.FloatField())
    table_resolution_nm = _point("Of the table, for its points.", serializers.FloatField())
    image_nm = ImageReachSerializer(help_text="Where the image volume lies.")
    middle_z = serializers.IntegerField()
    slices = SliceSerializer(many=True)
    markers = MarkersSerializer()
    proposals = ProposalSerializer(many=True)
    methods = MethodSerializer(many=True)
