"""How verdicts are settled, and what they come to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.campaigns.models import Campaign, Item
from apps.proofreading.domain import Label, Policy, Redundancy, Rule, State


class SettlingPolicy(models.Model):
    """How the verdicts of a campaign are settled, and what its people are known to be like."""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="settling_policy"
    )
    rule = models.CharField(
        max_length=12,
        choices=[(rule.value, rule.value) for rule in Rule],
        default=Rule.MAJORITY.value,
    )
    redundancy = models.CharField(
        max_length=10,
        choices=[(one.value, one.value) for one in Redundancy],
        default=Redundancy.FIXED.value,
    )
    most_votes = models.PositiveSmallIntegerField(default=1)
    threshold_correct = models.FloatField(default=0.5)
    threshold_incorrect = models.FloatField(default=0.5)
    prior_correct = models.FloatField(default=0.5)
    measured_at = models.DateTimeField(null=True, help_text="When the rates were last measured.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rule__in=[rule.value for rule in Rule]), name="settling_rule_is_known"
            ),
            models.CheckConstraint(
                condition=Q(redundancy__in=[one.value for one in Redundancy]),
                name="redundancy_is_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    threshold_correct__gte=0.5,
                    threshold_correct__lt=1,
                    threshold_incorrect__gte=0.5,
                    threshold_incorrect__lt=1,
                ),
                name="thresholds_are_from_a_half_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.redundancy} {self.rule} in campaign {self.campaign_id}"

    @property
    def policy(self) -> Policy:
        """The same as a value."""
        return Policy(
            rule=Rule(self.rule),
            redundancy=Redundancy(self.redundancy),
            votes=self.campaign.passes,
            most_votes=self.most_votes,
            thresholds={
                Label.CORRECT: self.threshold_correct,
                Label.INCORRECT: self.threshold_incorrect,
            },
        )


class AnnotatorRates(models.Model):
    """How often a person gives each answer where each class is true, as last measured."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="rates")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    rates = models.JSONField(help_text="rates[class][answer]")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "user"], name="rates_once_a_person")
        ]

    def __str__(self) -> str:
        return f"rates of user {self.user_id} in campaign {self.campaign_id}"


class Recount(models.Model):
    """That instances of a campaign were counted, put out again or discarded. Appended with it, for
    nobody who counts waits for another then; whoever has gathered what follows takes it away."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recounts")

    def __str__(self) -> str:
        return f"recount {self.pk} in campaign {self.campaign_id}"


class Settlement(models.Model):
    """Where an item stands after the verdicts that are counted. Derived: it can be made anew."""

    item = models.OneToOneField(
        Item, on_delete=models.CASCADE, primary_key=True, related_name="settlement"
    )
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in State])
    label = models.CharField(max_length=10, choices=[(label.value, label.value) for label in Label])
    p_correct = models.FloatField(help_text="Posterior probability that the instance is correct.")
    votes = models.PositiveSmallIntegerField()
    by_expert = models.BooleanField(default=False)
    settled_at = models.DateTimeField()  # since when it stands so, whoever agrees later

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "settled", "disputed"]),
                name="settlement_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(p_correct__gte=0, p_correct__lte=1), name="p_correct_is_a_probability"
            ),
        ]
        indexes = [
            models.Index(
                fields=["item"],
                condition=~Q(state="settled"),
                name="items_not_settled",
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} item {self.item_id}: {self.label}"
