"""What the API says to somebody of the instances that they were handed."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from apps.revision.domain import Decision
from apps.revision.models import RevisionLease
from apps.revision.selectors.mine import MyRevision, MyState


class MyRevisionSerializer(serializers.Serializer[RevisionLease]):
    """An instance that was handed to you, and what became of it."""

    id = serializers.IntegerField()
    number = serializers.IntegerField(
        allow_null=True, help_text="Its place in the campaign, from 1; null of one that was added."
    )
    source_id = serializers.CharField(help_text="As its table names it.")
    state = serializers.ChoiceField(
        choices=[state.value for state in MyState],
        help_text="`reopened`: what you decided counts no more; `lapsed`: somebody else was handed "
        "it.",
    )
    decision = serializers.ChoiceField(
        choices=[decision.value for decision in Decision],
        allow_blank=True,
        help_text="Yours, while it counts.",
    )
    note = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why you put it back.")
    at = serializers.DateTimeField(
        help_text="When you finished or left it; while you have it, when you were handed it."
    )
    token = serializers.UUIDField(
        allow_null=True,
        help_text="With it `GET /api/revisions/TOKEN/easel` and so on show what is drawn; null "
        "once somebody else was handed it.",
    )
    reopen = serializers.CharField(
        allow_null=True, help_text="Where it is opened again; null where you have not finished it."
    )

    def to_representation(self, instance: RevisionLease) -> dict[str, Any]:
        one = MyRevision(instance.revision, instance)
        where = [one.revision.campaign_id, one.revision.pk]
        is_finished = one.state is MyState.FINISHED
        told = {
            "id": one.revision.pk,
            "number": one.number,
            "source_id": one.revision.instance.source_id,
            "state": one.state,
            "decision": one.decision,
            "note": one.note,
            "reason": one.lease.reason,
            "at": one.at,
            "token": one.lease.token if one.is_own else None,
            "reopen": reverse("my-revision-reopen", args=where) if is_finished else None,
        }
        return super().to_representation(told)  # type: ignore[arg-type]  # a row of names
