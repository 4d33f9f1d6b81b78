from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_place_items_on_sheets")]

    operations = [
        migrations.RemoveField(model_name="item", name="page"),
        migrations.AddField(
            model_name="page",
            name="items",
            field=models.ManyToManyField(
                related_name="pages", through="campaigns.PageItem", to="campaigns.item"
            ),
        ),
    ]
