import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

REFUSE = """
CREATE FUNCTION proofreading_refuse_change_of_discards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was discarded is appended to, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER discards_are_append_only
    BEFORE UPDATE OR DELETE ON proofreading_discard
    FOR EACH ROW EXECUTE FUNCTION proofreading_refuse_change_of_discards();
"""

ALLOW = """
DROP TRIGGER discards_are_append_only ON proofreading_discard;
DROP FUNCTION proofreading_refuse_change_of_discards();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("proofreading", "0004_what_people_were_shown"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Discard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("batch", models.UUIDField()),
                ("taken_back", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "verdict",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="discards",
                        to="proofreading.verdict",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "verdict", "taken_back"), name="a_verdict_once_in_a_batch"
                    )
                ],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
