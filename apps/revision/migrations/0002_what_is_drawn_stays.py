from django.db import migrations

# What stands here is appended to; who draws anew adds a version.
TABLES = ("revision_maskslice", "revision_marker", "revision_markercheck", "revision_answeredmark")

REFUSE = """
CREATE FUNCTION revision_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what people drew and set is appended, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END
$$;
""" + "".join(
    f"""
CREATE TRIGGER what_is_drawn_stays
    BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION revision_refuse_change();
"""
    for table in TABLES
)

ALLOW = (
    "".join(f"DROP TRIGGER what_is_drawn_stays ON {table};" for table in TABLES)
    + "DROP FUNCTION revision_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("revision", "0001_revisions")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
