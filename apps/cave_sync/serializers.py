"""What the API of deliveries takes and tells."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.cave_sync.domain.deliveries import Kind, MendedAs, Source, Taken
from apps.cave_sync.models import Delivery, OutboxRow, RootChange, SyncRun
from apps.cave_sync.models.deliveries import LONGEST_PAUSE_MINUTES
from apps.cave_sync.selectors import counts_of, latest_run
from apps.cave_sync.services.given import DeliverySettings

_LONGEST_WORD = 100
_MOST_NM = 1e6
_SCALAR: dict[str, Any] = {
    "oneOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}],
    "nullable": True,
}
_VALUE: dict[str, Any] = {
    "oneOf": [
        *_SCALAR["oneOf"],
        {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3},
    ]
}
_LARGEST = 2**63 - 1  # whole numbers of CAVE are of 64 bits
# What Postgres keeps as text: no NUL, no halves of characters.
_WORD = serializers.CharField(max_length=_LONGEST_WORD, allow_blank=True, trim_whitespace=False)


@extend_schema_field(_SCALAR)
class ScalarField(serializers.Field[Any, Any, Any, Any]):
    """A number, a word, yes or no, or nothing."""

    default_error_messages = {
        "invalid": "Give a number, a word, true, false or null.",
        "too_large": "Give a whole number from -{largest} to {largest}.",
    }

    def __init__(self, **more: Any) -> None:
        super().__init__(allow_null=True, **more)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str):
            return _WORD.run_validation(data)
        if isinstance(data, int):
            if abs(data) > _LARGEST:
                self.fail("too_large", largest=_LARGEST)
        elif not (isinstance(data, float) and math.isfinite(data)):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(_VALUE)
class ValueField(ScalarField):
    """As it is sent: a point is x, y, z in voxels of the table."""


class FillingSerializer(serializers.Serializer[Any]):
    """What fills a field of the schema: `source`, and `otherwise` where that has nothing."""

    source = serializers.ChoiceField(choices=[one.value for one in Source])  # type: ignore[assignment]
    otherwise = ScalarField(required=False)


class DeliverySettingsSerializer(serializers.Serializer[Any]):
    """What is delivered where."""

    kind = serializers.ChoiceField(choices=[one.value for one in Kind])
    secret = serializers.CharField(max_length=100, help_text="The name of a token of CAVE.")
    server = serializers.CharField(
        max_length=500, help_text="As https://global.daf-apis.com; the token is sent there."
    )
    datastack = serializers.CharField(max_length=200)
    table = serializers.CharField(max_length=63, help_text="Made if it is not there.")
    schema = serializers.CharField(max_length=100, help_text="A type of annotation of CAVE.")
    reference_table = serializers.CharField(
        max_length=63,
        required=False,
        allow_blank=True,
        default="",
        help_text="The table whose rows verdicts and categories speak of.",
    )
    resolution = serializers.ListField(
        child=serializers.FloatField(min_value=1e-3, max_value=_MOST_NM),
        min_length=3,
        max_length=3,
        required=False,
        allow_null=True,
        default=None,
        help_text="nm of a voxel in which the table counts; x, y, z. Not needed where it is read "
        "from CAVE.",
    )
    resolution_from_cave = serializers.BooleanField(
        required=False,
        default=False,
        help_text="The resolution is read from CAVE when it is tried: that of a table that is "
        "there already, of the reference table, or in which Neuroglancer shows the datastack; "
        "where CAVE tells none, it is the campaign's.",
    )
    taken = serializers.ListField(
        child=serializers.ChoiceField(choices=[one.value for one in Taken]),
        required=False,
        default=[one.value for one in Taken],
        help_text="Which outcomes become synapses.",
    )
    mended_as = serializers.ChoiceField(
        choices=[one.value for one in MendedAs],
        required=False,
        default=MendedAs.CORRECT.value,
        help_text="What is said of a row whose synapse was mended: that it is correct, or what it "
        "was judged to be.",
    )
    fillings = serializers.DictField(
        child=FillingSerializer(),
        required=False,
        default=dict,
        help_text="By the fields of the schema; those with usual names need none.",
    )
    words = serializers.DictField(
        child=ScalarField(),
        required=False,
        default=dict,
        help_text="What each label or category is called; a label that is null is not told.",
    )
    every_minutes = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_PAUSE_MINUTES,
        required=False,
        allow_null=True,
        default=None,
        help_text="How often it is brought up to date; null: when somebody asks.",
    )
    reads_roots = serializers.BooleanField(
        required=False,
        default=False,
        help_text="In which neurons the synapses lie is read of each new version of CAVE.",
    )
    reopens_changed = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Synapses that lie in other neurons by then are opened again for revision; "
        "only with `reads_roots`.",
    )

    def validate_fillings(self, value: dict[str, Any]) -> dict[str, Any]:
        return _with_words_as_keys(value)

    def validate_words(self, value: dict[str, Any]) -> dict[str, Any]:
        return _with_words_as_keys(value)


def _with_words_as_keys(value: dict[str, Any]) -> dict[str, Any]:
    for key in value:
        _WORD.run_validation(key)
    return value


def settings_from(data: dict[str, Any]) -> DeliverySettings:
    """What was sent, checked, for the service."""
    resolution = None if data["resolution"] is None else tuple(data["resolution"])
    return DeliverySettings(**data | {"resolution": resolution, "taken": tuple(data["taken"])})


class DeliveryProblemSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    sentence = serializers.CharField()


class ShownRowSerializer(serializers.Serializer[Any]):
    """A row as it would be there."""

    source_id = serializers.CharField(help_text="The synapse's own id in the campaign's table.")
    state = serializers.CharField(help_text="What became of the synapse.")
    part = serializers.CharField(allow_blank=True, help_text="Which category, of categories.")
    values = serializers.DictField(child=ValueField())


class DryRunSerializer(serializers.Serializer[Any]):
    """What a dry run found: problems keep the delivery from being started."""

    problems = DeliveryProblemSerializer(many=True)
    notices = serializers.ListField(child=serializers.CharField())
    rows = ShownRowSerializer(many=True, help_text="The first ten.")
    count = serializers.IntegerField(help_text="Rows that would be there.")
    unfit = serializers.IntegerField(help_text="Synapses that cannot be sent.")
    examples = serializers.ListField(child=serializers.CharField(), help_text="Why some cannot.")


class SyncRunSerializer(serializers.ModelSerializer[SyncRun]):
    """A time that it was brought up to date; `words` are CAVE's, where it failed."""

    asked_by = serializers.CharField(
        source="asked_by.username", default=None, allow_null=True, help_text="Null: it was time."
    )
    notice = serializers.CharField(help_text="What came of looking for missing rows, if one has.")

    class Meta:
        model = SyncRun
        fields = (
            *("stage", "asked_by", "asked_at", "finished_at", "done", "total"),
            *("posted", "put", "deleted", "mended", "failed", "words", "notice"),
        )


class RowCountsSerializer(serializers.Serializer[Any]):
    held = serializers.IntegerField(help_text="Rows that are in CAVE as they should be.")
    waiting = serializers.IntegerField(help_text="To be sent, changed or deleted.")
    failed = serializers.IntegerField(help_text="Such as CAVE refuses, or stumbles at.")


class CaveDeliverySerializer(DeliverySettingsSerializer):
    """A delivery with where it stands."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    is_checked = serializers.BooleanField(help_text="A dry run has found it good as it is.")
    checked_at = serializers.DateTimeField(allow_null=True)
    found = DryRunSerializer(allow_null=True)
    failure = serializers.CharField(allow_blank=True, help_text="Why it goes on no more.")
    due_at = serializers.DateTimeField(allow_null=True)
    counts = RowCountsSerializer()
    missing = serializers.IntegerField(help_text="Rows that CAVE has lost; nothing is sent then.")
    run = SyncRunSerializer(allow_null=True, help_text="The one under way, or the last.")


class DeliveryProgressSerializer(serializers.Serializer[Any]):
    """How far it is: cheap to ask for."""

    state = serializers.ChoiceField(choices=Delivery.State.choices)
    is_checked = serializers.BooleanField()
    run = SyncRunSerializer(allow_null=True)


def described(delivery: Delivery) -> dict[str, Any]:
    """A delivery as CaveDeliverySerializer describes it."""
    same = ("server", "datastack", "table", "schema", "reference_table", "taken", "mended_as")
    more = ("fillings", "words", "every_minutes", "reads_roots", "reopens_changed")
    times = ("checked_at", "failure", "due_at", "resolution_from_cave", "missing")
    counts = counts_of(delivery)
    return {
        **{name: getattr(delivery, name) for name in (*same, *more, *times)},
        **described_progress(delivery),
        "id": delivery.pk,
        "kind": delivery.kind,
        "secret": delivery.secret.name,
        "resolution": list(delivery.resolution),
        "found": _described_found(delivery.found) if delivery.found else None,
        "counts": RowCountsSerializer(counts).data,
    }


def _described_found(found: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in found.items() if name != "takes_over"}
    rows = [row | {"source_id": str(row["source_id"])} for row in found["rows"]]
    return told | {"rows": rows}


def described_progress(delivery: Delivery) -> dict[str, Any]:
    """A delivery as DeliveryProgressSerializer describes it."""
    run = latest_run(delivery)
    return {
        "state": delivery.state,
        "is_checked": delivery.is_checked,
        "run": None if run is None else SyncRunSerializer(run).data,
    }


class OutboxFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=OutboxRow.State.choices, required=False)


class OutboxRowSerializer(serializers.ModelSerializer[OutboxRow]):
    """A row of CAVE with where it comes from; `id` is the annotation's."""

    source_id = serializers.CharField(source="instance.source_id")
    values = serializers.DictField(source="payload", child=ValueField())
    people = serializers.SerializerMethodField(help_text="Who said so.")
    policy = serializers.DictField(
        source="wanted_in.policy",
        child=ScalarField(),
        default=None,
        allow_null=True,
        help_text="How the campaign settled its verdicts then.",
    )

    class Meta:
        model = OutboxRow
        fields = (
            *("id", "source_id", "part", "values", "state", "error", "sent_at", "gone_at"),
            *("outcome", "people", "said_at", "version", "policy"),
        )

    def get_people(self, row: OutboxRow) -> list[str]:
        names: dict[int, str] = self.context.get("names", {})
        return [names.get(pk, str(pk)) for pk in row.people]


class RootChangeSerializer(serializers.ModelSerializer[RootChange]):
    """A synapse whose neurons have changed under it; null is not known."""

    source_id = serializers.CharField(source="instance.source_id")
    version = serializers.IntegerField(source="pull.version", help_text="Of CAVE.")
    pre_before = serializers.CharField(allow_null=True)
    pre_now = serializers.CharField(allow_null=True)
    post_before = serializers.CharField(allow_null=True)
    post_now = serializers.CharField(allow_null=True)
    opened_at = serializers.DateTimeField(
        source="look.asked_at", default=None, allow_null=True, help_text="When it was opened again."
    )
    decided_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="When it was decided anew."
    )
    answer = serializers.ChoiceField(
        choices=RootChange.Answer.choices,
        allow_null=True,
        help_text="What came of opening it: `awaited`, `decided` anew, or `judged`, which is also "
        "discarded or withdrawn, so that nobody looks any more; `asked_anew` where it was opened "
        "again after that, as a later change says; null where it was not opened.",
    )

    class Meta:
        model = RootChange
        fields = (
            *("source_id", "version", "pre_before", "pre_now", "post_before", "post_now"),
            *("fate", "why_not", "opened_at", "decided_at", "answer"),
        )
