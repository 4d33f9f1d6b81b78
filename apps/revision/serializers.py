"""What clients send to the queue of revisions, checked field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.revision.domain import Decision
from apps.revision.services.finishing import LONGEST_REASON

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
