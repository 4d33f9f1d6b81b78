"""Neurons, sections and marks of missed synapses: what clients send, and what the API answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.proofreading.domain import Label
from apps.proofreading.models import MissedMark
from apps.proofreading.selectors.neurons import STATES
from apps.proofreading.services.marks import LONGEST_NOTE, MOST_AT_ONCE

_FARTHEST = 2**31 - 1


def _nm(text: str, **more: Any) -> serializers.ListField:
    child = serializers.FloatField()
    return serializers.ListField(child=child, min_length=3, max_length=3, help_text=text, **more)


class SectionChoiceSerializer(serializers.Serializer[Any]):
    section = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="The id of the section that the page is to be of. A page that one is at work on "
        "elsewhere is put aside with what was said of it; where nothing was, it is put back.",
    )
    leaving = serializers.UUIDField(
        required=False,
        help_text="The token of the page that is left for it; without it every page that one is "
        "at work on.",
    )


class NeuronRowSerializer(serializers.Serializer[Any]):
    root_id = serializers.CharField()
    sections = serializers.IntegerField()
    items = serializers.IntegerField()
    judged = serializers.IntegerField(help_text="By oneself.")
    pages = serializers.IntegerField()
    pages_done = serializers.IntegerField()
    failure = serializers.CharField(
        help_text="Why it has no sections, in full for managers; empty where it has."
    )


class NeuronsSerializer(serializers.Serializer[Any]):
    neurons = NeuronRowSerializer(many=True)


class SectionSerializer(serializers.Serializer[Any]):
    """A piece of the skeleton without a branch point inside, in the order of the walk."""

    id = serializers.IntegerField()
    number = serializers.IntegerField(help_text="From 0.")
    # The stubs know `parent` as the serializer around a field.
    parent = serializers.IntegerField(  # type: ignore[assignment]
        allow_null=True, help_text="The number of the section at whose end it begins."
    )
    path_nm = serializers.ListField(child=_nm("x, y, z"))
    length_nm = serializers.FloatField()
    items = serializers.IntegerField()
    judged = serializers.IntegerField(help_text="By oneself.")
    searched = serializers.BooleanField(help_text="Somebody looked for what was missed.")
    state = serializers.ChoiceField(choices=STATES)


class SynapseSerializer(serializers.Serializer[Any]):
    position_nm = _nm("Of the centre.")
    section = serializers.IntegerField(allow_null=True, help_text="Its id.")
    # The stubs know `label` as the caption that every serializer has.
    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[label.value for label in Label], allow_null=True, help_text="One's own."
    )


class NeuronSerializer(serializers.Serializer[Any]):
    root_id = serializers.CharField()
    length_nm = serializers.FloatField()
    soma_nm = _nm("Where it is known.", allow_null=True)
    sections = SectionSerializer(many=True)
    synapses = SynapseSerializer(many=True)


class MarkSerializer(serializers.Serializer[Any]):
    """Where somebody thinks that a synapse was missed. Sent again, it stands instead of what was
    there under its key."""

    key = serializers.UUIDField()
    position = serializers.ListField(
        child=serializers.IntegerField(min_value=-_FARTHEST, max_value=_FARTHEST),
        min_length=3,
        max_length=3,
        help_text="A voxel of the table: x, y, z.",
    )
    note = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_NOTE)
    removed = serializers.BooleanField(default=False)


class MarksSerializer(serializers.Serializer[Any]):
    # The stubs do not know that `many` makes a list, which takes this limit.
    marks = MarkSerializer(many=True, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]


class MissedSerializer(serializers.ModelSerializer[MissedMark]):
    """A mark with who set it where; `section` is a number from 0."""

    position = serializers.SerializerMethodField(help_text="A voxel of the table.")
    position_nm = serializers.SerializerMethodField(help_text="The middle of that voxel.")
    person = serializers.CharField(source="user.username")
    page = serializers.IntegerField(source="lease.page.number")
    section = serializers.IntegerField(
        source="lease.page.section.number", default=None, allow_null=True
    )
    neuron = serializers.CharField(
        source="lease.page.section.neuron.root_id", default=None, allow_null=True
    )
    submitted = serializers.SerializerMethodField(help_text="Whether its page is done.")
    changed_late = serializers.BooleanField(
        help_text="Its person changed or removed it when the page was no longer theirs."
    )

    class Meta:
        model = MissedMark
        fields = (
            *("key", "position", "position_nm", "note", "person", "page", "section", "neuron"),
            *("submitted", "late", "changed_late", "recorded_at"),
        )

    def get_position(self, mark: MissedMark) -> list[int]:
        return [mark.x, mark.y, mark.z]

    def get_position_nm(self, mark: MissedMark) -> list[float]:
        scale = self.context["resolution"]
        return [(at + 0.5) * size for at, size in zip((mark.x, mark.y, mark.z), scale, strict=True)]

    def get_submitted(self, mark: MissedMark) -> bool:
        page = mark.lease.page
        return page.submitted_at is not None and page.lease_id == mark.lease_id
