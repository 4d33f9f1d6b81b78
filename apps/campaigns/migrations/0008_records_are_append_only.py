from django.db import migrations

REFUSE = """
CREATE FUNCTION campaigns_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of a campaign is appended to, never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_is_append_only
    BEFORE UPDATE OR DELETE ON campaigns_auditentry
    FOR EACH ROW EXECUTE FUNCTION campaigns_refuse_change();
CREATE TRIGGER versions_are_never_changed
    BEFORE UPDATE ON campaigns_campaignversion
    FOR EACH ROW EXECUTE FUNCTION campaigns_refuse_change();
"""

ALLOW = """
DROP TRIGGER versions_are_never_changed ON campaigns_campaignversion;
DROP TRIGGER audit_is_append_only ON campaigns_auditentry;
DROP FUNCTION campaigns_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_records")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
