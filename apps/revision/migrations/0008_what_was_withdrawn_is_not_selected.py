from django.db import migrations

WITHDRAWN = """
UPDATE datasets_synapsetable AS one SET withdrawn = found.source_ids
FROM (
    SELECT i.table_id, array_agg(i.source_id ORDER BY i.source_id) AS source_ids
    FROM revision_addedsynapse added JOIN datasets_instance i ON i.id = added.instance_id
    WHERE added.withdrawn_at IS NOT NULL GROUP BY i.table_id
) AS found
WHERE one.id = found.table_id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("revision", "0007_neurons_are_read_again"),
        ("datasets", "0012_what_was_taken_back_is_not_selected"),
    ]

    operations = [migrations.RunSQL(WITHDRAWN, migrations.RunSQL.noop)]
