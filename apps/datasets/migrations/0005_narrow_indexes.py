"""Each partition of instances has its own indexes: those of a large table leave its id out.

All its rows have the same; without it the indexes are smaller by a third, and quicker to make.
"""

from __future__ import annotations

from django.db import migrations

_EACH_ITS_OWN = """
SET CONSTRAINTS ALL IMMEDIATE;
DROP INDEX instances_by_place, instances_by_pre, instances_by_post;
CREATE INDEX instances_by_place ON datasets_instance_first (table_id, place);
CREATE INDEX instances_by_pre ON datasets_instance_first (table_id, pre_root_id);
CREATE INDEX instances_by_post ON datasets_instance_first (table_id, post_root_id);
DO $$
DECLARE own text;
BEGIN
    FOR own IN
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = 'datasets_instance'::regclass
            AND inhrelid <> 'datasets_instance_first'::regclass
    LOOP
        EXECUTE format('CREATE INDEX ON %s (place)', own);
        EXECUTE format('CREATE INDEX ON %s (pre_root_id)', own);
        EXECUTE format('CREATE INDEX ON %s (post_root_id)', own);
    END LOOP;
END $$;
"""
_ALL_THE_SAME = """
SET CONSTRAINTS ALL IMMEDIATE;
DROP INDEX instances_by_place, instances_by_pre, instances_by_post;
CREATE INDEX instances_by_place ON datasets_instance (table_id, place);
CREATE INDEX instances_by_pre ON datasets_instance (table_id, pre_root_id);
CREATE INDEX instances_by_post ON datasets_instance (table_id, post_root_id);
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0004_layouts_and_refused_rows")]

    operations = [migrations.RunSQL(_EACH_ITS_OWN, _ALL_THE_SAME)]
