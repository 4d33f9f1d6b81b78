from django.db import migrations

# What was one page for each item becomes the first pass over its sheet.
COPY = """
INSERT INTO campaigns_pageitem (page_id, item_id) SELECT page_id, id FROM campaigns_item;
UPDATE campaigns_item SET sheet = page.number FROM campaigns_page page WHERE page.id = page_id;
UPDATE campaigns_page SET rank = number, sheets = ARRAY[number];
INSERT INTO campaigns_visit (campaign_id, user_id, sheet)
SELECT page.campaign_id, lease.user_id, page.number
FROM campaigns_page page JOIN campaigns_lease lease ON lease.id = page.lease_id
WHERE page.submitted_at IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_passes_and_roles")]

    operations = [migrations.RunSQL(COPY, migrations.RunSQL.noop)]
