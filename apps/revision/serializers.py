"""What clients send to the queue of revisions, checked field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.proofreading.serializers import FiniteField
from apps.revision.domain import Decision
from apps.revision.selectors.listing import RevisionState
from apps.revision.services.finishing import LONGEST_REASON
from apps.revision.services.settings import DEEPEST, FARTHEST_NM

LONGEST_NOTE = 2000
_LARGEST_ID = 2**63 - 1


class WantedRevisionSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=_LARGEST_ID,
        help_text="The id of the one that is asked for; left out, it is the next one.",
    )


class FinishSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=[decision.value for decision in Decision])
    note = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_NOTE)


class ReleaseSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_REASON)


class RevisionFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        choices=[state.value for state in RevisionState], required=False
    )
    person = serializers.CharField(
        max_length=150, required=False, help_text="The username of who has it, or finished it."
    )


class ChosenSettingsSerializer(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    is_paused = serializers.BooleanField(
        required=False, help_text="Nothing is handed out; who holds an instance goes on."
    )
    depth = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=DEEPEST,
        help_text="Slices of the cleft volume that can be drawn on, at least.",
    )
    near_nm = FiniteField(
        required=False,
        min_value=0.0,
        max_value=FARTHEST_NM,
        help_text="A synapse added this near to another may be the same.",
    )


class OutcomesFilter(serializers.Serializer[Any]):
    after = serializers.CharField(
        max_length=40, required=False, help_text="`next` of the part before; left out, the first."
    )
