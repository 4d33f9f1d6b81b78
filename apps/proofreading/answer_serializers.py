"""What the API of a person at work answers, for its description."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.proofreading.domain import CLASSES, Label
from apps.proofreading.services.figures import STATES

_LABELS = f"One of {', '.join(Label)}."
_CLASSES = f"One of {', '.join(CLASSES)}."
_KEYS = "Keys of verdicts, as they were sent."


class KeptSerializer(serializers.Serializer[Any]):
    """Every verdict that was sent is stored."""

    kept = serializers.ListField(child=serializers.UUIDField(), help_text=_KEYS)


class KeptUntilSerializer(KeptSerializer):
    """Every verdict that was sent is stored, and the page is held further."""

    expires_at = serializers.DateTimeField()


class HeldSerializer(serializers.Serializer[Any]):
    expires_at = serializers.DateTimeField()


class SkippedSerializer(serializers.Serializer[Any]):
    skipped = serializers.BooleanField()


class RefusedSerializer(serializers.Serializer[Any]):
    """A verdict that is not stored; sending it again changes nothing."""

    key = serializers.UUIDField()
    item = serializers.IntegerField()
    code = serializers.CharField(help_text="stale_label, fixed_label or used_key.")
    sentence = serializers.CharField()


class PresentSerializer(serializers.Serializer[Any]):
    """The label that an item has, with the key of the verdict that gave it."""

    item = serializers.IntegerField()
    # The stubs know `label` as the caption that every serializer has.
    label = serializers.CharField(help_text=_LABELS)  # type: ignore[assignment]
    categories = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of the error categories named with it."
    )
    note = serializers.CharField(allow_blank=True, help_text="The note that came with it.")
    verdict = serializers.UUIDField()


class FateSerializer(serializers.Serializer[Any]):
    """Why not all is as it was meant, and what became of each verdict that was sent: it is in
    one of `kept`, `late` and `refused`."""

    code = serializers.CharField(
        help_text="stale_lease, stale_label, fixed_label, used_key or conflict."
    )
    sentence = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    kept = serializers.ListField(child=serializers.UUIDField(), help_text=_KEYS)
    late = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="Keys of those that are stored as late: the page was no longer held.",
    )
    refused = RefusedSerializer(many=True)
    present = PresentSerializer(many=True, help_text="Of the items of what was refused.")


class NotAllKeptSerializer(serializers.Serializer[Any]):
    error = FateSerializer()


class FeedbackSerializer(serializers.Serializer[Any]):
    """How an item whose answer is known was judged."""

    item = serializers.IntegerField()
    place = serializers.IntegerField(help_text="Which of the page it was, from 1.")
    places = serializers.IntegerField(help_text="How many there were on the page.")
    source_id = serializers.CharField()
    said = serializers.CharField(help_text=_LABELS)
    truth = serializers.CharField(help_text=_CLASSES)
    right = serializers.BooleanField()
    explanation = serializers.CharField()


class TrainingSerializer(serializers.Serializer[Any]):
    """What came of a round of training."""

    right = serializers.IntegerField()
    shown = serializers.IntegerField()
    needed = serializers.IntegerField()
    passed = serializers.BooleanField()
    sentence = serializers.CharField()


class SubmittedSerializer(serializers.Serializer[Any]):
    """Every verdict that was sent is stored, and the page is done."""

    submitted = serializers.BooleanField()
    feedback = FeedbackSerializer(many=True, required=False)
    training = TrainingSerializer(required=False)


class LabelCountsSerializer(serializers.Serializer[Any]):
    correct = serializers.IntegerField()
    incorrect = serializers.IntegerField()
    unsure = serializers.IntegerField()


class MyPageSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    kind = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    labels = LabelCountsSerializer()
    fixed = serializers.CharField(
        allow_null=True, help_text="Why none of its labels can be changed."
    )
    lease = serializers.UUIDField()
    page_url = serializers.CharField()


class MyPagesSerializer(serializers.Serializer[Any]):
    pages = MyPageSerializer(many=True)
    earlier = serializers.UUIDField(
        allow_null=True, help_text="`before` of the pages before these; null where there are none."
    )
    later = serializers.UUIDField(
        allow_null=True, help_text="`after` of the pages after these; null where there are none."
    )


class MyFiguresSerializer(serializers.Serializer[Any]):
    """What one has submitted, how far the campaign is, and what one can do now."""

    my_pages = serializers.IntegerField()
    my_labels = LabelCountsSerializer()
    pages_done = serializers.IntegerField()
    pages_total = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    why = serializers.CharField(
        allow_blank=True, help_text="Why there is no page for one now; empty where there is."
    )
    why_sentence = serializers.CharField(allow_blank=True)


class CategoryToldSerializer(serializers.Serializer[Any]):
    """A kind of error. What is no longer offered can still stand with a label."""

    key = serializers.CharField()
    title = serializers.CharField()
    is_offered = serializers.BooleanField()


class CardSerializer(serializers.Serializer[Any]):
    """An instance that one called incorrect or unsure."""

    item = serializers.IntegerField()
    position = serializers.IntegerField(help_text="Its place on the page, from 0.")
    cutout = serializers.CharField(help_text="The `key` of its frames.")
    # The stubs know `label` as the caption that every serializer has.
    label = serializers.CharField(help_text=_LABELS)  # type: ignore[assignment]
    categories = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField(allow_blank=True)
    judged = serializers.BooleanField()
    verdict = serializers.UUIDField(help_text="The verdict that says so; `after` of the next one.")
    locked = serializers.CharField(allow_null=True, help_text="Why its label stays as it is.")
    source_id = serializers.CharField(
        allow_null=True, help_text="Its number in the table; null where the campaign has gold."
    )


class CardPageSerializer(serializers.Serializer[Any]):
    """A page with the cards of it, and the addresses of what belongs to its lease. Labels of a
    page that is held go to `verdicts_url`, of one that was submitted to `revise_url`."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=["held", "submitted"])
    held_s = serializers.IntegerField(help_text="For how long a page is held after a sign of life.")
    lease = serializers.DictField(child=serializers.CharField())
    cards = CardSerializer(many=True)


class CardCountsSerializer(serializers.Serializer[Any]):
    """Without those that are discarded, but for their number."""

    all = serializers.IntegerField()
    unexplained = serializers.IntegerField(help_text="Those with neither a kind nor a note.")
    false_positives = serializers.IntegerField()
    discarded = serializers.IntegerField()


class DiscardedSerializer(serializers.Serializer[Any]):
    """What one discarded together."""

    key = serializers.UUIDField()
    count = serializers.IntegerField()
    made_at = serializers.DateTimeField()


class CardsSerializer(serializers.Serializer[Any]):
    counts = CardCountsSerializer(allow_null=True, help_text="In the first part alone.")
    categories = CategoryToldSerializer(many=True)
    pages = CardPageSerializer(many=True)
    next = serializers.IntegerField(
        allow_null=True, help_text="The `after` of the next part; null after the last."
    )
    last_discard = DiscardedSerializer(
        allow_null=True,
        help_text="What one discarded last and has not taken back; in the first part alone.",
    )
    fixed = serializers.CharField(
        allow_null=True, help_text="Why nothing can be discarded or taken back now."
    )


class DiscardAnswerSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="How many were discarded, or put back.")
    counts = CardCountsSerializer()
    last_discard = DiscardedSerializer(allow_null=True)


class AddedGoldSerializer(serializers.Serializer[Any]):
    new = serializers.IntegerField()
    replaced = serializers.IntegerField(help_text="Whose known answer was another before.")


class TallySerializer(serializers.Serializer[Any]):
    """How often gold was shown, judged in a submitted page, and judged right."""

    shown = serializers.IntegerField()
    judged = serializers.IntegerField()
    right = serializers.IntegerField()


class GoldItemSerializer(TallySerializer):
    item = serializers.IntegerField()
    source_id = serializers.CharField()
    truth = serializers.CharField(help_text=_CLASSES)
    explanation = serializers.CharField()


class GoldByClassSerializer(serializers.Serializer[Any]):
    correct = TallySerializer()
    incorrect = TallySerializer()


class GoldPersonSerializer(TallySerializer):
    user = serializers.CharField()
    by_class = GoldByClassSerializer()


class GoldReportSerializer(serializers.Serializer[Any]):
    items = GoldItemSerializer(many=True)
    people = GoldPersonSerializer(many=True)


class ViewProblemSerializer(serializers.Serializer[Any]):
    """Why a layer is not shown, or shows nothing here."""

    layer = serializers.CharField()
    sentence = serializers.CharField()


class ViewSerializer(serializers.Serializer[Any]):
    """An instance in Neuroglancer."""

    state = serializers.JSONField(help_text="Neuroglancer's state, as it writes it itself.")
    problems = ViewProblemSerializer(many=True)
    address = serializers.CharField(help_text="The page of this server that shows it.")
