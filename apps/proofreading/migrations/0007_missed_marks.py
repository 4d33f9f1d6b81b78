import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

REFUSE = """
CREATE FUNCTION proofreading_refuse_change_of_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'marks of missed synapses are appended, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER marks_are_append_only
    BEFORE UPDATE OR DELETE ON proofreading_missedmark
    FOR EACH ROW EXECUTE FUNCTION proofreading_refuse_change_of_marks();
"""

ALLOW = """
DROP TRIGGER marks_are_append_only ON proofreading_missedmark;
DROP FUNCTION proofreading_refuse_change_of_marks();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0017_neurons_are_walked"),
        ("proofreading", "0006_what_cannot_be_judged"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MissedMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField()),
                ("x", models.IntegerField(help_text="A voxel of the table.")),
                ("y", models.IntegerField()),
                ("z", models.IntegerField()),
                ("note", models.TextField(blank=True)),
                ("removed", models.BooleanField(default=False)),
                ("late", models.BooleanField(default=False)),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "lease",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="marks",
                        to="campaigns.lease",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="missed_marks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["key", "-id"], name="latest_of_a_mark")],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
