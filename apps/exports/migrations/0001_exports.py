import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("campaigns", "0021_leases_were_put_aside"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.UUIDField(
                        help_text="Made by the client; names the folder.", unique=True
                    ),
                ),
                ("formats", models.JSONField()),
                ("options", models.JSONField()),
                (
                    "folder",
                    models.TextField(
                        blank=True,
                        help_text="Where the files go; empty: to the server's own, for downloads.",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("writing", "Writing"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                            ("removed", "Removed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "position",
                    models.BigIntegerField(default=-1, help_text="Of the last item that was read."),
                ),
                (
                    "added",
                    models.BigIntegerField(
                        help_text="The last added synapse that was read; null until all items are.",
                        null=True,
                    ),
                ),
                ("all_read", models.BooleanField(default=False)),
                ("parts", models.PositiveIntegerField(default=0)),
                (
                    "done",
                    models.PositiveBigIntegerField(default=0, help_text="Outcomes that were read."),
                ),
                (
                    "total",
                    models.PositiveBigIntegerField(
                        help_text="How many there are to read.", null=True
                    ),
                ),
                (
                    "counts",
                    models.JSONField(
                        default=dict, help_text="Of what was written, by state and verdict."
                    ),
                ),
                ("left_out", models.PositiveBigIntegerField(default=0)),
                ("files", models.JSONField(default=list)),
                ("has_files", models.BooleanField(default=False)),
                (
                    "failure",
                    models.TextField(blank=True, help_text="Why it failed, as a sentence."),
                ),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How often it was begun since it last went on."
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(null=True)),
                (
                    "moved_at",
                    models.DateTimeField(
                        help_text="When it was asked for, or last known to go on."
                    ),
                ),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "expires_at",
                    models.DateTimeField(help_text="When its files are deleted.", null=True),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        help_text="Null where it was asked for at the command line.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["campaign", "-id"], name="latest_exports"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "writing"])),
                        fields=["moved_at"],
                        name="exports_to_write",
                    ),
                    models.Index(
                        condition=models.Q(("has_files", True)),
                        fields=["expires_at"],
                        name="exports_with_files",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "waiting",
                                    "writing",
                                    "ready",
                                    "failed",
                                    "cancelled",
                                    "expired",
                                    "removed",
                                ],
                            )
                        ),
                        name="export_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("formats", []), _negated=True),
                        name="an_export_has_formats",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "writing"]),
                            ("finished_at__isnull", False),
                            _connector="OR",
                        ),
                        name="an_ended_export_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "failed"), _negated=True),
                            models.Q(("failure", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="a_failed_export_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "cancelled"), _negated=True),
                            ("cancelled_at__isnull", False),
                            _connector="OR",
                        ),
                        name="a_cancelled_export_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ready"), _negated=True),
                            models.Q(("all_read", True), ("has_files", True)),
                            _connector="OR",
                        ),
                        name="a_ready_export_has_files",
                    ),
                ],
            },
        ),
    ]
