"""What was done to a campaign, what people were told in it, and whom it tells."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.campaigns.models.campaigns import Campaign


class CampaignVersion(models.Model):
    """What the people of a campaign were told and shown. Changing it makes a new one, so that
    each lease says under which version its verdicts were given. Never changed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    shown = models.JSONField(help_text="Instructions, crop, error categories.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="version_number_is_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="versions_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of campaign {self.campaign_id}"


class ExamplePicture(models.Model):
    """A picture in the instructions of a campaign. Never changed, and kept after it was taken out:
    versions of the campaign name it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="pictures")
    position = models.PositiveSmallIntegerField()
    caption = models.CharField(max_length=300)
    content_type = models.CharField(max_length=20)
    content = models.BinaryField()
    removed_at = models.DateTimeField(null=True, help_text="Since when it is no longer shown.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "position"], name="picture_position_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(content_type__in=["image/png", "image/jpeg"]),
                name="picture_is_png_or_jpeg",
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.caption


class AuditEntry(models.Model):
    """Who did what in a campaign. The database refuses to change or delete an entry."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="audit")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null where the server did it.",
    )
    action = models.CharField(max_length=40)
    details = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["campaign", "-id"], name="latest_audit_entries")]

    def __str__(self) -> str:
        return f"{self.action} in campaign {self.campaign_id}"


class Webhook(models.Model):
    """An address that is told what happens in a campaign; `secret` signs what is sent."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="webhooks")
    address = models.URLField(max_length=500)
    secret = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(
        default=0, help_text="How often it has failed since it last took anything."
    )
    rests_until = models.DateTimeField(null=True, help_text="It is left alone after a failure.")
    told_done_at = models.DateTimeField(
        null=True, help_text="When it was told that no page is left; null again when one is done."
    )

    def __str__(self) -> str:
        return f"webhook of campaign {self.campaign_id}"


class WebhookDelivery(models.Model):
    """Something to tell an address, once; `key` lets the receiver know a repetition."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    key = models.UUIDField(unique=True)
    event = models.CharField(max_length=40)
    body = models.JSONField()
    made_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, help_text="Null once sent or given up.")
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="deliveries_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} for webhook {self.webhook_id}"
