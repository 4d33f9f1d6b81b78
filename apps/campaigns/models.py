"""Campaigns, who takes part, their pages, and who holds which page."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.datasets.models import Instance, SynapseTable
from apps.voxels.geometry import Point

PAGE_SIZES = (6, 12, 24)


class Campaign(models.Model):
    """The proofreading of a synapse table by a group of people."""

    class Status(models.TextChoices):
        PREPARING = "preparing"
        OPEN = "open"
        FAILED = "failed"

    name = models.CharField(max_length=200, unique=True)
    table = models.ForeignKey(SynapseTable, on_delete=models.PROTECT, related_name="campaigns")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREPARING)
    failure = models.TextField(blank=True, help_text="Why the preparation failed, as a sentence.")
    instructions = models.TextField(blank=True)
    page_size = models.PositiveSmallIntegerField(default=12)
    crop_x = models.PositiveIntegerField(default=256)
    crop_y = models.PositiveIntegerField(default=256)
    crop_z = models.PositiveIntegerField(default=6)
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
                condition=Q(status__in=["preparing", "open", "failed"]),
                name="campaign_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def crop(self) -> Point:
        """Voxels of the cleft volume along x, y, z."""
        return Point(self.crop_x, self.crop_y, self.crop_z)


class Membership(models.Model):
    """What a person may do in a campaign."""

    class Role(models.TextChoices):
        ANNOTATOR = "annotator"
        MANAGER = "manager"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.ANNOTATOR)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "user"], name="one_role_in_a_campaign"),
            models.CheckConstraint(
                condition=Q(role__in=["annotator", "manager"]), name="role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} as {self.role} in campaign {self.campaign_id}"


class Page(models.Model):
    """Some instances that one person judges together.

    `lease` is the latest one; the page is held while `held_until` lies ahead. A page has one
    such column, so two people cannot hold it at once.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    lease = models.OneToOneField(
        "Lease", null=True, on_delete=models.PROTECT, related_name="current_page"
    )
    held_until = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="page_number_is_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="pages_count_from_one"),
            models.CheckConstraint(
                condition=Q(held_until__isnull=True) | Q(lease__isnull=False),
                name="a_held_page_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True)
                | Q(held_until__isnull=True, lease__isnull=False),
                name="a_submitted_page_is_not_held",
            ),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "number"],
                condition=Q(submitted_at__isnull=True),
                name="pages_to_do",
            )
        ]

    def __str__(self) -> str:
        return f"page {self.number} of campaign {self.campaign_id}"


class Item(models.Model):
    """An instance on its page of a campaign."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="items")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="items")
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField(help_text="Its place in the campaign, from 0.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "instance"], name="an_instance_once_in_a_campaign"
            ),
            models.UniqueConstraint(
                fields=["campaign", "position"], name="a_position_once_in_a_campaign"
            ),
        ]

    def __str__(self) -> str:
        return f"item {self.position} of campaign {self.campaign_id}"


class Lease(models.Model):
    """A page handed to a person for a time. The token fences off whoever held it before."""

    class Ending(models.TextChoices):
        SUBMITTED = "submitted"
        EXPIRED = "expired"

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="leases")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leases"
    )
    token = models.UUIDField(unique=True)
    leased_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="")
                | Q(ended_at__isnull=False, ending__in=["submitted", "expired"]),
                name="an_ended_lease_says_how",
            ),
        ]
        indexes = [models.Index(fields=["user", "page"], name="leases_of_a_person")]

    def __str__(self) -> str:
        return f"lease of page {self.page_id} by user {self.user_id}"
