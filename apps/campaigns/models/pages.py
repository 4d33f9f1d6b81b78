"""The pages of campaigns, and who holds which page."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.campaigns.models.campaigns import Campaign
from apps.campaigns.models.neurons import NeuronSection
from apps.datasets.models import Instance


class Page(models.Model):
    """Some instances that one person judges together, once.

    The pages of a campaign's first pass cover its sheets: sheet n is what page n of the first
    pass shows. Where several people judge each instance there are as many passes over the
    sheets; who has visited a sheet is handed none of its other pages. Follow-ups and adjudication
    mix instances of several sheets, and not all of a sheet. `lease` is the latest one; the page is
    held while `held_until` lies ahead. A page has one such column, so two people
    cannot hold it at once.
    """

    class Kind(models.TextChoices):
        ORDINARY = "ordinary"
        FOLLOW_UP = "follow_up"  # one more vote on what is not certain
        ADJUDICATION = "adjudication"  # for experts, of what is disputed
        TRAINING = "training"
        SEARCH = "search"  # for what was missed along a section; it has no items

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.ORDINARY)
    sheets = ArrayField(
        models.PositiveIntegerField(), default=list, help_text="Whose instances are on it."
    )
    section = models.ForeignKey(
        NeuronSection,
        null=True,
        on_delete=models.SET_NULL,
        related_name="pages",
        db_index=False,
        help_text="Whose synapses are on it, where the campaign goes along neurons.",
    )
    rank = models.BigIntegerField(help_text="Pages of lower rank are handed out first.")
    reserved_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    items: models.ManyToManyField[Item, PageItem] = models.ManyToManyField(
        "Item", through="PageItem", related_name="pages"
    )
    lease = models.OneToOneField(
        "Lease", null=True, on_delete=models.PROTECT, related_name="current_page"
    )
    held_until = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(
        null=True, help_text="When its verdicts were last counted; null again when they change."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="page_number_is_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="pages_count_from_one"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["ordinary", "follow_up", "adjudication", "training", "search"]
                ),
                name="page_kind_is_known",
            ),
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
                fields=["campaign", "rank", "number"],
                condition=Q(submitted_at__isnull=True),
                name="pages_to_do",
            ),
            models.Index(
                fields=["campaign", "id"],
                condition=Q(submitted_at__isnull=False, counted_at__isnull=True),
                name="pages_to_count",
            ),
            models.Index(
                fields=["reserved_for", "campaign"],
                condition=Q(submitted_at__isnull=True, reserved_for__isnull=False),
                name="pages_reserved",
            ),
            models.Index(
                fields=["section"],
                condition=Q(section__isnull=False),
                name="pages_of_a_section",
            ),
        ]

    def __str__(self) -> str:
        return f"page {self.number} of campaign {self.campaign_id}"


class Item(models.Model):
    """An instance of a campaign. Gold is on no sheet: its answer is known.

    Where the campaign goes along neurons, `section` is the one that the synapse lies at, and
    `traversal` counts the synapses of its neuron in the order of the walk, gold among them.
    """

    # Its constraints have indexes that begin with the campaign.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    # The database keeps this true by triggers, see docs/adr/0010.
    instance = models.ForeignKey(
        Instance, on_delete=models.PROTECT, related_name="items", db_constraint=False
    )
    position = models.PositiveIntegerField(help_text="Its place in the campaign, from 0.")
    sheet = models.PositiveIntegerField(null=True, help_text="Counted from 1; null for gold.")
    section = models.ForeignKey(
        NeuronSection, null=True, on_delete=models.SET_NULL, related_name="items", db_index=False
    )
    traversal = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "instance"], name="an_instance_once_in_a_campaign"
            ),
            models.UniqueConstraint(
                fields=["campaign", "position"], name="a_position_once_in_a_campaign"
            ),
        ]
        indexes = [
            models.Index(
                fields=["section", "traversal"],
                condition=Q(section__isnull=False),
                name="items_of_a_section",
            )
        ]

    def __str__(self) -> str:
        return f"item {self.position} of campaign {self.campaign_id}"


class UnplacedPart(models.Model):
    """Instances that are to come on pages, in their order, some thousands a part. Parts are taken
    away as their pages are made."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="unplaced_parts")
    number = models.PositiveIntegerField(help_text="Counted from 0.")
    instance_ids = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="a_part_once_in_a_campaign")
        ]

    def __str__(self) -> str:
        return f"part {self.number} of campaign {self.campaign_id}"


class PageItem(models.Model):
    """An item on a page."""

    # The index of its constraint begins with the page.
    page = models.ForeignKey(
        Page, on_delete=models.CASCADE, related_name="page_items", db_index=False
    )
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="page_items")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["page", "item"], name="an_item_once_on_a_page")
        ]

    def __str__(self) -> str:
        return f"item {self.item_id} on page {self.page_id}"


class Visit(models.Model):
    """That a person has judged or skipped a sheet, or some instances of it on pages that mix
    sheets: they are handed these no more, and no whole sheet of which they know a part."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sheet = models.PositiveIntegerField()
    items = ArrayField(
        models.BigIntegerField(),
        null=True,
        help_text="Which of its items they have seen; null if all.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "user", "sheet"], name="a_sheet_is_visited_once"
            )
        ]

    def __str__(self) -> str:
        return f"visit of user {self.user_id} to sheet {self.sheet}"


ENDINGS = ("submitted", "expired", "skipped", "withdrawn")


class Lease(models.Model):
    """A page handed to a person for a time. The token fences off whoever held it before."""

    class Ending(models.TextChoices):
        SUBMITTED = "submitted"
        EXPIRED = "expired"
        SKIPPED = "skipped"
        WITHDRAWN = "withdrawn"  # by a manager

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="leases")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leases"
    )
    token = models.UUIDField(unique=True)
    leased_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)
    version = models.PositiveIntegerField(
        default=1, help_text="Which version of the campaign it was when the page was handed out."
    )
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was skipped.")
    put_aside_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When its person went to another section with the page begun; it stays theirs.",
    )
    was_put_aside = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether it ever was: then its time was not all spent at the page.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="")
                | Q(ended_at__isnull=False, ending__in=[*ENDINGS]),
                name="an_ended_lease_says_how",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "page"], name="leases_of_a_person"),
            models.Index(
                fields=["user"], condition=Q(ended_at__isnull=True), name="leases_not_ended"
            ),
            models.Index(
                fields=["user", "-ended_at"],
                condition=Q(ending="submitted"),
                name="latest_pages_of_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"lease of page {self.page_id} by user {self.user_id}"
