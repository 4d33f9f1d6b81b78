"""What the API says of revisions, for its description."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.proofreading.detail_serializers import BoxSerializer, SpotSerializer
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.domain.outcomes import FinalState
from apps.revision.domain.queue import WhyNone
from apps.revision.models import Revision
from apps.revision.selectors.listing import RevisionState

ADDRESSES = (
    *("easel", "picture", "slices", "versions", "restore", "markers", "swap", "reset"),
    *("proposals", "renew", "finish", "release", "neuroglancer", "details"),
)


class CategoryNamedSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()


class CountsSerializer(serializers.Serializer[Any]):
    """How many instances of the campaign are to be mended: told to managers, null to others."""

    waiting = serializers.IntegerField(allow_null=True)
    held = serializers.IntegerField(allow_null=True, help_text="By somebody, you among them.")
    done = serializers.IntegerField(allow_null=True)
    some_wait = serializers.BooleanField(help_text="Whether any waits for somebody.")


class LeasedRevisionSerializer(serializers.Serializer[Any]):
    """An instance that is yours to mend for a time."""

    id = serializers.IntegerField()
    number = serializers.IntegerField(
        allow_null=True, help_text="Its place in the campaign, from 1; null of one that was added."
    )
    origin = serializers.CharField(help_text="`table`, or `added` by people.")
    source_id = serializers.CharField(help_text="As its table names it.")
    # The stubs know `label` as the caption that every serializer has.
    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[label.value for label in Label],
        allow_null=True,
        help_text="What it came to be; null of one that was added.",
    )
    categories = CategoryNamedSerializer(many=True)
    note = serializers.CharField(
        allow_blank=True,
        help_text="What those wrote who judged it so; of one that was added, what was written with "
        "it, told to who added it, experts and managers.",
    )
    again = serializers.CharField(
        allow_blank=True, help_text="Why it is to be looked at again though it was decided on."
    )
    expires_at = serializers.DateTimeField()
    lease_s = serializers.FloatField(help_text="How long it is held since your last sign.")
    token = serializers.UUIDField()
    urls = serializers.DictField(
        child=serializers.CharField(), help_text=f"Addresses: {', '.join(ADDRESSES)}."
    )


class HandedSerializer(serializers.Serializer[Any]):
    revision = LeasedRevisionSerializer(allow_null=True)
    why = serializers.ChoiceField(
        choices=[why.value for why in WhyNone], allow_null=True, help_text="Why there is none."
    )
    sentence = serializers.CharField(allow_blank=True, help_text="The same for people.")
    left = CountsSerializer()


class HeldUntilSerializer(serializers.Serializer[Any]):
    expires_at = serializers.DateTimeField()


class FinishedSerializer(serializers.Serializer[Any]):
    finished = serializers.BooleanField()


class ReleasedSerializer(serializers.Serializer[Any]):
    released = serializers.BooleanField()


class RevisedInstanceSerializer(serializers.Serializer[Any]):
    """What the table says of an instance. Triples are x, y, z."""

    voxel_nm = serializers.ListField(
        child=serializers.FloatField(), help_text="The size of a voxel of its table."
    )
    center = SpotSerializer()
    pre_pt = SpotSerializer(allow_null=True)
    post_pt = SpotSerializer(allow_null=True)
    box = BoxSerializer()
    pre_root_id = serializers.CharField(allow_null=True)
    post_root_id = serializers.CharField(allow_null=True)


class ListedRevisionSerializer(serializers.ModelSerializer[Revision]):
    """An instance that is to be mended, or was, for managers."""

    number = serializers.SerializerMethodField(
        help_text="Its place in the campaign, from 1; null of one that was added."
    )
    origin = serializers.SerializerMethodField()
    source_id = serializers.CharField(source="instance.source_id")
    # The stubs know `label` as the caption that every serializer has.
    label = serializers.ChoiceField(  # type: ignore[assignment]
        source="item.settlement.label",
        choices=[label.value for label in Label],
        default=None,
        allow_null=True,
        help_text="What it came to be; null where that is open, and of one that was added.",
    )
    state = serializers.SerializerMethodField()
    person = serializers.CharField(
        source="lease.user.username",
        default=None,
        allow_null=True,
        help_text="Who has it, or finished it.",
    )
    leased_at = serializers.DateTimeField(source="lease.leased_at", default=None, allow_null=True)
    decision = serializers.ChoiceField(
        choices=[decision.value for decision in Decision], allow_blank=True
    )
    again = serializers.CharField(
        allow_null=True, help_text="Why it is to be looked at again though it was decided on."
    )

    class Meta:
        model = Revision
        fields = (
            *("id", "number", "origin", "source_id", "label", "state", "person", "leased_at"),
            *("held_until", "decision", "note", "finished_at", "again"),
        )

    def get_number(self, revision: Revision) -> int | None:
        return None if revision.item is None else revision.item.position + 1

    def get_origin(self, revision: Revision) -> str:
        return "table" if revision.item is not None else "added"

    def get_state(self, revision: Revision) -> RevisionState:
        return RevisionState.of(revision, self.context["now"])


class RevisionChangedSerializer(serializers.Serializer[Any]):
    changed = serializers.BooleanField()


class RevisionSettingsSerializer(serializers.Serializer[Any]):
    is_paused = serializers.BooleanField()
    depth = serializers.IntegerField()
    near_nm = serializers.FloatField()


class OutcomePointSerializer(serializers.Serializer[Any]):
    voxel = serializers.ListField(child=serializers.IntegerField(), help_text="Of the table.")
    nm = serializers.ListField(child=serializers.FloatField())
    segment = serializers.CharField(
        allow_null=True,
        help_text="The neuron that it lies in: the table's root id, or as the neuron volume has it "
        "where somebody set it; 0 for none, null where it is not read.",
    )
    origin = serializers.CharField(help_text="`table`, `set`, `swapped` or `reset`.")
    person = serializers.CharField(allow_null=True, help_text="Null of the table's.")
    at = serializers.DateTimeField(allow_null=True)


class OutcomeJudgedSerializer(serializers.Serializer[Any]):
    """What the verdicts come to, or of an added synapse what was said when it was added."""

    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[label.value for label in Label], allow_null=True
    )
    categories = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField(allow_blank=True)
    people = serializers.ListField(
        child=serializers.CharField(), help_text="Whose verdicts agree with the label."
    )
    at = serializers.DateTimeField(allow_null=True, help_text="When it was settled so.")
    p_correct = serializers.FloatField(allow_null=True)
    votes = serializers.IntegerField()
    by_expert = serializers.BooleanField()


class OutcomeRevisedSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=[decision.value for decision in Decision])
    note = serializers.CharField(allow_blank=True)
    person = serializers.CharField()
    at = serializers.DateTimeField()


class OutcomeDrawnSerializer(serializers.Serializer[Any]):
    """A slice whose mask somebody drew; z in voxels of the cleft volume."""

    z = serializers.IntegerField()
    number = serializers.IntegerField(help_text="Of the version that holds.")
    voxels = serializers.IntegerField()
    person = serializers.CharField()
    at = serializers.DateTimeField()


class OutcomeSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField(allow_null=True, help_text="Null of one that was added.")
    number = serializers.IntegerField(allow_null=True, help_text="Its place, from 1.")
    added = serializers.IntegerField(allow_null=True, help_text="Null of one of the table.")
    revision = serializers.IntegerField(allow_null=True)
    source_id = serializers.CharField(help_text="As its table names it.")
    center = serializers.ListField(child=serializers.IntegerField(), help_text="Table voxels.")
    state = serializers.ChoiceField(choices=[state.value for state in FinalState])
    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[label.value for label in Label],
        allow_null=True,
        help_text="When all is said; null where nobody has judged it.",
    )
    categories = serializers.ListField(child=serializers.CharField())
    judged = OutcomeJudgedSerializer()
    revised = OutcomeRevisedSerializer(
        allow_null=True, help_text="What a reviser decided; null until one has finished."
    )
    pre_pt = OutcomePointSerializer(allow_null=True)
    post_pt = OutcomePointSerializer(allow_null=True)
    drawn = OutcomeDrawnSerializer(many=True)


class OutcomesSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="Of the campaign.")
    outcomes = OutcomeSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`after` of the following part.")
