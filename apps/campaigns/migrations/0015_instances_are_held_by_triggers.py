"""That an item has its instance is checked once a statement, no longer once a row.

A foreign key asks for each row, in which of the partitions its instance lies, and locks it there:
half of the time that the pages of a large table take. docs/adr/0010 says what takes its place.

Also two indexes go that say what others say, too: those begin with the same column.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# Django would also drop what the key is in each partition, and find it gone with the key.
_KEY = "campaigns_item_instance_id_98161e9f_fk_datasets_instance_id"
TAKE_OFF = f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE campaigns_item DROP CONSTRAINT {_KEY};"
PUT_ON = f"""
ALTER TABLE campaigns_item ADD CONSTRAINT {_KEY} FOREIGN KEY (instance_id)
    REFERENCES datasets_instance DEFERRABLE INITIALLY DEFERRED;
"""
# Whoever writes items shares the row of the instances' table, whoever deletes instances has it
# alone: so one of the two waits for the other, and then sees what the other did. The instances are
# asked for one by one, since the planner cannot know that each is in one partition only.
HOLD = """
CREATE FUNCTION campaigns_read_what_is_committed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'in a transaction that does not see what others commit, no item can be '
            'given an instance, and no instance deleted' USING ERRCODE = 'feature_not_supported';
    END IF;
END
$$;
CREATE FUNCTION campaigns_hold_instances(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
    PERFORM campaigns_read_what_is_committed();
    PERFORM FROM datasets_synapsetable WHERE id = ANY (ARRAY(
        SELECT DISTINCT (SELECT i.table_id FROM datasets_instance i WHERE i.id = one)
        FROM unnest(ids) AS one
    )) ORDER BY id FOR KEY SHARE;
    SELECT one INTO missing FROM unnest(ids) AS one
    WHERE (SELECT i.id FROM datasets_instance i WHERE i.id = one) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'there is no instance % that an item could have', missing
            USING ERRCODE = 'foreign_key_violation';
    END IF;
END
$$;
CREATE FUNCTION campaigns_hold_instances_of_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM campaigns_hold_instances(ARRAY(SELECT instance_id FROM written));
    RETURN NULL;
END
$$;
CREATE FUNCTION campaigns_hold_instance_of_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM campaigns_hold_instances(ARRAY[NEW.instance_id]);
    RETURN NULL;
END
$$;
CREATE TRIGGER new_items_have_instances
    AFTER INSERT ON campaigns_item REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_hold_instances_of_items();
CREATE TRIGGER changed_items_have_instances
    AFTER UPDATE OF instance_id ON campaigns_item
    FOR EACH ROW WHEN (OLD.instance_id IS DISTINCT FROM NEW.instance_id)
    EXECUTE FUNCTION campaigns_hold_instance_of_item();
"""
# For each row, since those of a partition are then asked, too, whoever names it.
KEEP = """
CREATE FUNCTION campaigns_keep_instance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM campaigns_read_what_is_committed();
    PERFORM FROM datasets_synapsetable WHERE id = OLD.table_id FOR UPDATE;
    PERFORM FROM campaigns_item WHERE instance_id = OLD.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'an item has the instance %', OLD.id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION campaigns_keep_instances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM campaigns_item LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'items have instances' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER deleted_instances_have_no_item
    AFTER DELETE ON datasets_instance FOR EACH ROW EXECUTE FUNCTION campaigns_keep_instance();
CREATE TRIGGER changed_instances_have_no_item
    AFTER UPDATE OF id, table_id ON datasets_instance
    FOR EACH ROW WHEN ((OLD.id, OLD.table_id) IS DISTINCT FROM (NEW.id, NEW.table_id))
    EXECUTE FUNCTION campaigns_keep_instance();
CREATE TRIGGER truncated_instances_have_no_item
    AFTER TRUNCATE ON datasets_instance
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_keep_instances();
"""
LET_GO = """
DROP TRIGGER truncated_instances_have_no_item ON datasets_instance;
DROP TRIGGER changed_instances_have_no_item ON datasets_instance;
DROP TRIGGER deleted_instances_have_no_item ON datasets_instance;
DROP TRIGGER changed_items_have_instances ON campaigns_item;
DROP TRIGGER new_items_have_instances ON campaigns_item;
DROP FUNCTION campaigns_keep_instances();
DROP FUNCTION campaigns_keep_instance();
DROP FUNCTION campaigns_hold_instance_of_item();
DROP FUNCTION campaigns_hold_instances_of_items();
DROP FUNCTION campaigns_hold_instances(bigint[]);
DROP FUNCTION campaigns_read_what_is_committed();
"""


class Migration(migrations.Migration):
    # Of datasets the newest: whoever undoes the partitions puts the foreign key on again before.
    dependencies = [
        ("campaigns", "0014_item_ids_say_nothing"),
        ("datasets", "0005_narrow_indexes"),
    ]

    operations = [
        migrations.RunSQL(
            TAKE_OFF + HOLD + KEEP,
            LET_GO + PUT_ON,
            state_operations=[
                migrations.AlterField(
                    "item",
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="datasets.instance",
                        db_constraint=False,
                    ),
                )
            ],
        ),
        migrations.AlterField(
            "item",
            "campaign",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="campaigns.campaign",
                db_index=False,
            ),
        ),
        migrations.AlterField(
            "pageitem",
            "page",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="page_items",
                to="campaigns.page",
                db_index=False,
            ),
        ),
    ]
