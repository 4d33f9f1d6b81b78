import django.db.models.deletion
from django.db import migrations, models

# What a worker reads of a marker is no word of a person: it is read again where it could not be.
REPEAT = "DROP TRIGGER what_is_drawn_stays ON revision_markercheck;"
KEEP = """
CREATE TRIGGER what_is_drawn_stays
    BEFORE UPDATE OR DELETE ON revision_markercheck
    FOR EACH ROW EXECUTE FUNCTION revision_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("revision", "0003_gathering_is_remembered")]

    operations = [
        migrations.RunSQL(REPEAT, KEEP),
        migrations.AddField(
            model_name="markercheck",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="markercheck",
            name="retry_at",
            field=models.DateTimeField(
                help_text="When it is looked at again if nobody has until then.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="markercheck",
            name="checked_at",
            field=models.DateTimeField(help_text="Null where nobody has looked yet.", null=True),
        ),
        migrations.AddIndex(
            model_name="markercheck",
            index=models.Index(
                condition=models.Q(("retry_at__isnull", False)),
                fields=["retry_at"],
                name="markers_to_check",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="reach",
            field=models.PositiveSmallIntegerField(
                help_text="How many slices beyond the outermost drawn ones at most; null: all.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="revision",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proposals",
                to="revision.revision",
            ),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(fields=["revision", "-id"], name="latest_proposals"),
        ),
    ]
