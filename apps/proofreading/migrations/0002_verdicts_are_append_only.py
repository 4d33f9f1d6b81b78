from django.db import migrations

REFUSE = """
CREATE FUNCTION proofreading_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'verdicts are appended, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER verdicts_are_append_only
    BEFORE UPDATE OR DELETE ON proofreading_verdict
    FOR EACH ROW EXECUTE FUNCTION proofreading_refuse_change();
CREATE TRIGGER verdict_categories_are_append_only
    BEFORE UPDATE OR DELETE ON proofreading_verdictcategory
    FOR EACH ROW EXECUTE FUNCTION proofreading_refuse_change();
"""

ALLOW = """
DROP TRIGGER verdict_categories_are_append_only ON proofreading_verdictcategory;
DROP TRIGGER verdicts_are_append_only ON proofreading_verdict;
DROP FUNCTION proofreading_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("proofreading", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
