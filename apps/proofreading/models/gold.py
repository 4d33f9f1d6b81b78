"""Items whose answer is known: they measure and train people and are never counted in results."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.campaigns.models import Campaign, Item, Lease
from apps.proofreading.domain import Label


class GoldPolicy(models.Model):
    """How gold is mixed into the pages of a campaign.

    The rate falls with experience: of somebody's n-th page a share of
    `floor + (rate - floor) * 2 ** (-n / halving_pages)` is gold.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="gold_policy"
    )
    rate = models.FloatField(default=0.0, help_text="Share of gold on a newcomer's pages.")
    floor = models.FloatField(default=0.0, help_text="Share of gold after much experience.")
    halving_pages = models.PositiveIntegerField(default=20)
    gives_feedback = models.BooleanField(default=False)
    training_items = models.PositiveSmallIntegerField(
        default=0, help_text="How many gold items a person judges before real pages."
    )
    pass_mark = models.FloatField(default=0.8, help_text="Share of them to be judged right.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=0.5, floor__gte=0, floor__lte=0.5),
                name="gold_rates_are_at_most_a_half",
            ),
            models.CheckConstraint(
                condition=Q(pass_mark__gt=0, pass_mark__lte=1), name="pass_mark_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(halving_pages__gte=1), name="gold_halving_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"gold policy of campaign {self.campaign_id}"

    @property
    def is_used(self) -> bool:
        """Whether anybody is shown gold by it."""
        return max(self.rate, self.floor) > 0 or self.training_items > 0


class GoldAnswer(models.Model):
    """The known answer of an item; the item is on no sheet."""

    item = models.OneToOneField(
        Item, on_delete=models.CASCADE, primary_key=True, related_name="gold_answer"
    )
    label = models.CharField(max_length=10, choices=[(label.value, label.value) for label in Label])
    explanation = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(label__in=[Label.CORRECT.value, Label.INCORRECT.value]),
                name="gold_is_correct_or_incorrect",
            ),
        ]

    def __str__(self) -> str:
        return f"gold item {self.item_id}: {self.label}"


class GoldExposure(models.Model):
    """A gold item among the others of somebody's page, under whichever lease of theirs; it is
    never shown to them on another page."""

    lease = models.ForeignKey(Lease, on_delete=models.CASCADE, related_name="gold")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="exposures")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField(help_text="Before which other item of the page.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "item"], name="gold_is_shown_once_to_a_person"),
        ]

    def __str__(self) -> str:
        return f"gold item {self.item_id} in lease {self.lease_id}"
