from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0020_pages_are_put_aside")]

    operations = [
        migrations.AddField(
            model_name="lease",
            name="was_put_aside",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether it ever was: then its time was not all spent at the page.",
            ),
        ),
    ]
