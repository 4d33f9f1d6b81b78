"""Campaigns, and who takes part in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Count, Q

from apps.accounts.models import Team
from apps.datasets.models import SynapseTable
from apps.voxels.geometry import Point

PAGE_SIZES = (6, 12, 24)
MOST_PASSES = 15


class Campaign(models.Model):
    """The proofreading of a synapse table by a group of people."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PREPARING = "preparing"
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"
        ARCHIVED = "archived"
        FAILED = "failed"

    class Order(models.TextChoices):
        """In which order instances are put on pages and pages handed out."""

        TABLE = "table"
        SPATIAL = "spatial"
        NEURON = "neuron"  # along a presynaptic neuron
        RANDOM = "random"
        PRIORITY = "priority"
        DISPUTED = "disputed"
        EFFECT = "effect"  # the greatest on the connectome first

    name = models.CharField(max_length=200, unique=True)
    table = models.ForeignKey(SynapseTable, on_delete=models.PROTECT, related_name="campaigns")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREPARING)
    failure = models.TextField(blank=True, help_text="Why the preparation failed, as a sentence.")
    instructions = models.TextField(blank=True)
    version = models.PositiveIntegerField(
        default=1, help_text="Counts what people were told and shown; see CampaignVersion."
    )
    page_size = models.PositiveSmallIntegerField(default=12)
    passes = models.PositiveSmallIntegerField(
        default=1, help_text="How many people judge each instance before anything is settled."
    )
    order = models.CharField(max_length=10, choices=Order.choices, default=Order.TABLE)
    order_seed = models.PositiveIntegerField(default=0, help_text="Of the random order.")
    open_pages_cap = models.PositiveSmallIntegerField(
        default=1, help_text="How many pages a person may hold at once."
    )
    needs_training = models.BooleanField(
        default=False, help_text="Real pages are for those who have passed the training."
    )
    deadline = models.DateTimeField(
        null=True, blank=True, help_text="No page is handed out after it."
    )
    lease_s = models.PositiveIntegerField(
        null=True, help_text="How long a page is held, learned from how long pages take."
    )
    crop_x = models.PositiveIntegerField(default=256)
    crop_y = models.PositiveIntegerField(default=256)
    crop_z = models.PositiveIntegerField(default=6)
    to_place = models.PositiveIntegerField(
        null=True, help_text="How many instances come on pages; null until that is known."
    )
    placed = models.PositiveIntegerField(default=0, help_text="How many of them are on pages.")
    cancelled_at = models.DateTimeField(
        null=True, help_text="When it was asked to be a draft again; null once it is one."
    )
    prepared = models.PositiveIntegerField(default=0)
    to_prepare = models.PositiveIntegerField(default=0)
    prepared_at = models.DateTimeField(
        auto_now_add=True, help_text="When the preparation last moved on."
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often the preparation was begun since it last moved on."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(page_size__in=PAGE_SIZES), name="page_size_is_6_12_or_24"
            ),
            models.CheckConstraint(
                condition=Q(crop_x__gt=0, crop_y__gt=0, crop_z__gt=0), name="crop_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        *("draft", "preparing", "open", "paused", "closed", "archived", "failed")
                    ]
                ),
                name="campaign_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(passes__gte=1, passes__lte=MOST_PASSES), name="passes_are_1_to_15"
            ),
            models.CheckConstraint(
                condition=Q(open_pages_cap__gte=1), name="a_person_may_hold_a_page"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def walks(self) -> tuple[int, int]:
        """How many of its neurons are walked, of how many along which it goes."""
        counts = self.neurons.aggregate(walked=Count("walked_at"), neurons=Count("pk"))
        return counts["walked"], counts["neurons"]

    @property
    def crop(self) -> Point:
        """Voxels of the cleft volume along x, y, z."""
        return Point(self.crop_x, self.crop_y, self.crop_z)


class CampaignSelection(models.Model):
    """Which instances of its table a campaign is of; all of them where it has none.

    Apart from the campaign, which every request reads: it may name a hundred thousand neurons.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="stored_selection"
    )
    selection = models.JSONField(help_text="As `read_selection` of datasets reads it.")

    def __str__(self) -> str:
        return f"selection of campaign {self.campaign_id}"


class Membership(models.Model):
    """What a person may do in a campaign."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        ANNOTATOR = "annotator"
        EXPERT = "expert"  # judges what annotators dispute
        MANAGER = "manager"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.ANNOTATOR)
    team = models.ForeignKey(
        Team,
        null=True,
        on_delete=models.SET_NULL,
        related_name="memberships",
        help_text="Through which team they came, if through one.",
    )
    paused_at = models.DateTimeField(null=True, help_text="Since when no page is handed to them.")
    qualified_at = models.DateTimeField(null=True, help_text="When they passed the training.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "user"], name="one_role_in_a_campaign"),
            models.CheckConstraint(
                condition=Q(role__in=["viewer", "annotator", "expert", "manager"]),
                name="role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} as {self.role} in campaign {self.campaign_id}"


class TeamEntry(models.Model):
    """That a team takes part in a campaign: all its members do, those who join it later too."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="team_entries")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="campaign_entries")
    role = models.CharField(
        max_length=10, choices=Membership.Role.choices, default=Membership.Role.ANNOTATOR
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "team"], name="a_team_once_in_a_campaign"),
            models.CheckConstraint(
                condition=Q(role__in=["viewer", "annotator", "expert", "manager"]),
                name="team_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"team {self.team_id} as {self.role} in campaign {self.campaign_id}"
