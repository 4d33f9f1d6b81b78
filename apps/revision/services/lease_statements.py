"""The statement that hands a revision to somebody."""

from __future__ import annotations

# Revisions that this person could be handed. Whether revision rests, or the campaign is over, is
# looked up where the row is locked: it may have changed a moment ago.
_FREE = """
revision.campaign_id = %(campaign)s AND revision.finished_at IS NULL AND revision.wanted
AND (revision.held_until IS NULL OR revision.held_until <= %(now)s)
AND NOT EXISTS (
    SELECT 1 FROM revision_revisionsettings WHERE campaign_id = %(campaign)s AND is_paused
)
AND (SELECT status FROM campaigns_campaign WHERE id = %(campaign)s) = ANY (%(statuses)s)
"""
ANY_ONE = "true"
THIS_ONE = "revision.id = %(revision)s"
# What somebody has put back comes to them again once nothing else is left.
NOT_PUT_BACK = """
NOT EXISTS (
    SELECT 1 FROM revision_revisionlease mine
    WHERE mine.revision_id = revision.id AND mine.user_id = %(user)s AND mine.ending = 'released'
)
"""
# Gold never comes to be mended, so whoever was handed all that they called incorrect, one after the
# other, would know what is gold: they are handed something else. It is looked for among the next so
# many that wait from a rank on, not among all, for all may be theirs.
NOT_OWN = f"""
{NOT_PUT_BACK} AND NOT EXISTS (
    SELECT 1 FROM proofreading_verdict own
    WHERE own.item_id = revision.item_id AND own.user_id = %(user)s AND own.label <> 'correct'
)
AND revision.rank >= %(first_rank)s AND revision.rank <= (
    SELECT max(rank) FROM (
        SELECT waiting.rank FROM revision_revision waiting
        WHERE waiting.campaign_id = %(campaign)s AND waiting.finished_at IS NULL AND waiting.wanted
          AND (waiting.held_until IS NULL OR waiting.held_until <= %(now)s)
          AND waiting.rank >= %(first_rank)s
        ORDER BY waiting.rank, waiting.id LIMIT %(most)s
    ) looked_at
)
"""  # noqa: S608 - put together from our own words
# Where only theirs are found, they go out from anywhere: in the order of the campaign each that is
# left out in between would be gold.
FROM_RANK_UP = f"{NOT_PUT_BACK} AND revision.rank >= %(first_rank)s"
FROM_RANK_DOWN = f"{NOT_PUT_BACK} AND revision.rank < %(first_rank)s"
UP = "revision.rank, revision.id"
DOWN = "revision.rank DESC, revision.id DESC"
GRANT = f"""
WITH free AS (
    SELECT revision.id, revision.lease_id FROM revision_revision revision
    WHERE {_FREE} AND {{which}}
    ORDER BY {{order}} LIMIT 1
    FOR NO KEY UPDATE OF revision SKIP LOCKED
), expired AS (
    UPDATE revision_revisionlease SET ended_at = %(now)s, ending = 'expired'
    FROM free
    WHERE revision_revisionlease.id = free.lease_id AND revision_revisionlease.ended_at IS NULL
), granted AS (
    INSERT INTO revision_revisionlease (revision_id, user_id, token, leased_at, ending, reason)
    SELECT id, %(user)s, %(token)s, %(now)s, '', '' FROM free
    RETURNING id, revision_id
)
UPDATE revision_revision revision SET lease_id = granted.id, held_until = %(until)s
FROM granted WHERE revision.id = granted.revision_id
RETURNING granted.id
"""  # noqa: S608 - put together from our own words
