from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0019_neurons_count_their_tries")]

    operations = [
        migrations.AddField(
            model_name="lease",
            name="put_aside_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When its person went to another section with the page begun; it stays "
                "theirs.",
                null=True,
            ),
        ),
    ]
