"""The statements that hand pages to people and take them from them.

What everybody waits for is SQL of our own: Django takes longer to put such statements together
than Postgres takes to answer them.
"""

from __future__ import annotations

from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.visits import has_seen
from apps.core.rows import columns_of

ENTER = f"""
SELECT {columns_of(Membership, "member")}, {columns_of(Campaign, "campaign")}, EXISTS (
    SELECT 1 FROM campaigns_page WHERE reserved_for_id = member.user_id
    AND campaign_id = member.campaign_id AND submitted_at IS NULL
), EXISTS (
    SELECT 1 FROM campaigns_neuronsection section WHERE section.campaign_id = member.campaign_id
), (
    SELECT walked.id
    FROM (
        SELECT page_id, ended_at FROM campaigns_lease
        WHERE user_id = member.user_id AND ending = 'submitted'
          AND campaign."order" = 'neuron'
        ORDER BY ended_at DESC LIMIT 20
    ) done
    JOIN campaigns_page walked ON walked.id = done.page_id
    WHERE walked.campaign_id = member.campaign_id AND walked.section_id IS NOT NULL
    ORDER BY done.ended_at DESC LIMIT 1
)
FROM campaigns_membership member JOIN campaigns_campaign campaign ON campaign.id = campaign_id
WHERE campaign_id = %s AND user_id = %s
FOR UPDATE OF member
"""  # noqa: S608 - names of our own columns
HELD = f"""
SELECT {columns_of(Page, "page")}, {columns_of(Lease, "lease")}
FROM campaigns_lease lease JOIN campaigns_page page ON page.lease_id = lease.id
WHERE lease.user_id = %s AND lease.ended_at IS NULL
  AND page.campaign_id = %s AND page.submitted_at IS NULL
ORDER BY lease.put_aside_at IS NOT NULL, page.rank, page.number
FOR UPDATE OF page
"""  # noqa: S608 - names of our own columns
# Pages that somebody has put aside stay theirs while they are at work on others.
HOLD_ASIDE = """
UPDATE campaigns_page SET held_until = %s WHERE id IN (
    SELECT page.id FROM campaigns_lease lease JOIN campaigns_page page ON page.lease_id = lease.id
    WHERE lease.user_id = %s AND lease.ended_at IS NULL AND lease.put_aside_at IS NOT NULL
      AND page.campaign_id = %s AND page.submitted_at IS NULL
    FOR UPDATE OF page SKIP LOCKED
)
"""
# Pages that this person could be handed: none that they hold, though its time be over, nor another
# of the same sheets; only an instance that is disputed is on no two pages for experts. `Visit`s are
# looked up for one page at a time: pages that somebody has visited are few at the front of the
# index, however many they have visited.
FREE = f"""
campaign_id = %(campaign)s AND submitted_at IS NULL AND kind = ANY (%(kinds)s)
AND (held_until IS NULL OR held_until <= %(now)s)
AND page.id <> ALL (%(held)s::bigint[])
AND NOT sheets && CASE kind WHEN 'adjudication' THEN %(voted_sheets)s::integer[]
                            ELSE %(held_sheets)s::integer[] END
AND NOT {has_seen("%(user)s")}
"""
RESERVED = "reserved_for_id = %(user)s"
ANYBODYS = "reserved_for_id IS NULL"
# What is kept for somebody whose account was closed since is anybody's, once nothing else is left.
# It stays theirs meanwhile, should the account be opened again.
LEFT_BEHIND = """
page.kind <> 'training'
AND reserved_for_id IN (SELECT person.id FROM accounts_user person WHERE NOT person.is_active)
"""
IN_SECTION = f"section_id = %(section)s AND ({RESERVED} OR {ANYBODYS} OR {LEFT_BEHIND})"
# Where a campaign goes along neurons: the page after the `last` one of this person, be it one that
# they hold, as far as the neuron goes, or up to a page that they have put `aside` on the way.
# Numbers keep the order of the walk, whatever ranks pages get.
LAST = """
last AS MATERIALIZED (
    SELECT page.number, page.section_id,
           least(
               page.number + neuron.last_sheet - page.sheets[1], %(aside)s::integer - 1
           ) AS until
    FROM campaigns_page page
    JOIN campaigns_neuronsection section ON section.id = page.section_id
    JOIN campaigns_campaignneuron neuron ON neuron.id = section.neuron_id
    WHERE page.id = %(last)s
), """
_OTHERS_ARE_THERE = """
EXISTS (
    SELECT 1 FROM campaigns_page other JOIN campaigns_lease lease ON lease.id = other.lease_id
    WHERE other.section_id = page.section_id AND other.submitted_at IS NULL
      AND other.held_until > %(now)s AND lease.user_id <> %(user)s
      AND lease.put_aside_at IS NULL
)
"""
# What was put before all else by its priority, or is disputed, comes before the walk.
BEFORE_ALL = f"{ANYBODYS} AND rank < 1"
_NOTHING_COMES_BEFORE = f"""
NOT EXISTS (SELECT 1 FROM campaigns_page page WHERE {FREE} AND {BEFORE_ALL})
"""  # noqa: S608 - put together from our own words
FOLLOWS = f"""
{ANYBODYS} AND number > (SELECT number FROM last) AND number <= (SELECT until FROM last)
AND (section_id = (SELECT section_id FROM last) OR NOT {_OTHERS_ARE_THERE})
AND {_NOTHING_COMES_BEFORE}
"""  # noqa: S608 - put together from our own words
# Whoever comes begins where nobody else is at work.
STARTS = f"""
{ANYBODYS} AND NOT {_OTHERS_ARE_THERE} AND {_NOTHING_COMES_BEFORE}
"""
IS_FREE = f"""
SELECT EXISTS (
    SELECT 1 FROM campaigns_page page
    WHERE {FREE} AND ({RESERVED} OR {ANYBODYS} OR {LEFT_BEHIND})
)
"""  # noqa: S608 - put together from our own words
FIRST = f"""
SELECT page.id FROM campaigns_page page WHERE {FREE} AND {IN_SECTION} ORDER BY rank, number LIMIT 1
"""  # noqa: S608 - put together from our own words
GRANT = """
WITH {before}free AS (
    SELECT id, lease_id FROM campaigns_page page WHERE {free} AND {whose}
    -- whoever closes the campaign locks its people, but `ENTER` has read it before it waited
    AND (SELECT status FROM campaigns_campaign WHERE id = %(campaign)s) = 'open'
    ORDER BY rank, number LIMIT 1
    FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE campaigns_lease SET ended_at = %(now)s, ending = 'expired'
    FROM free WHERE campaigns_lease.id = free.lease_id AND campaigns_lease.ended_at IS NULL
), granted AS (
    INSERT INTO campaigns_lease (page_id, user_id, token, leased_at, ending, reason, version)
    SELECT id, %(user)s, %(token)s, %(now)s, '', '', %(version)s FROM free
    RETURNING id, page_id
)
UPDATE campaigns_page page SET lease_id = granted.id, held_until = %(until)s
FROM granted WHERE page.id = granted.page_id
RETURNING {page}, granted.id
"""
LOCK = """
SELECT 1 FROM campaigns_page WHERE id = %s AND lease_id = %s AND submitted_at IS NULL FOR UPDATE
"""
FINISH = """
WITH done AS (
    UPDATE campaigns_page SET submitted_at = %(now)s, held_until = NULL WHERE id = %(page)s
    RETURNING id, campaign_id, kind, sheets
), ended AS (
    UPDATE campaigns_lease SET ended_at = %(now)s, ending = 'submitted', reason = ''
    WHERE id = %(lease)s
)"""
# They are never handed what they have seen, so it is kept for them no longer. What a manager has
# locked meanwhile is left to them: waiting for it could be waiting for each other.
SEEN = """
, freed AS (
    UPDATE campaigns_page SET reserved_for_id = NULL WHERE id IN (
        SELECT page.id FROM done JOIN campaigns_page page ON page.campaign_id = done.campaign_id
        WHERE page.reserved_for_id = %(user)s AND page.submitted_at IS NULL
          AND page.id <> %(page)s AND page.sheets && done.sheets
          AND (page.kind NOT IN ('follow_up', 'adjudication')
               OR done.kind NOT IN ('follow_up', 'adjudication')
               OR EXISTS (SELECT 1 FROM campaigns_pageitem here
                          JOIN campaigns_pageitem there ON there.item_id = here.item_id
                          WHERE here.page_id = page.id AND there.page_id = done.id))
        FOR UPDATE OF page SKIP LOCKED
    )
)
INSERT INTO campaigns_visit (campaign_id, user_id, sheet, items)
SELECT done.campaign_id, %(user)s, sheet,
CASE WHEN kind IN ('follow_up', 'adjudication') THEN ARRAY(
    SELECT placed.item_id FROM campaigns_pageitem placed
    JOIN campaigns_item item ON item.id = placed.item_id
    WHERE placed.page_id = done.id AND item.sheet = visited.sheet
) END
FROM done, unnest(done.sheets) AS visited (sheet)
ON CONFLICT (campaign_id, user_id, sheet) DO UPDATE SET items = CASE
    WHEN campaigns_visit.items IS NOT NULL AND excluded.items IS NOT NULL
    THEN campaigns_visit.items || excluded.items
END
"""
SKIP = """
WITH done AS (
    UPDATE campaigns_page SET lease_id = NULL, held_until = NULL, reserved_for_id = NULL
    WHERE id = %(page)s
    RETURNING id, campaign_id, kind, sheets
), ended AS (
    UPDATE campaigns_lease SET ended_at = %(now)s, ending = 'skipped', reason = %(reason)s
    WHERE id = %(lease)s
)"""
PAGE = columns_of(Page, "page")
