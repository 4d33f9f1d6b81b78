"""Which instances somebody has seen: judged or skipped, so that they are handed them no more."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from apps.campaigns.models import Membership, Page, PageItem, Visit

# Pages that hold some instances of several sheets.
MIXED = (Page.Kind.FOLLOW_UP, Page.Kind.ADJUDICATION)


def has_seen(user: str) -> str:
    """SQL that tells of a row `page` whether `user`, another piece of SQL, has seen some of it.

    OFFSET has it looked up for one page and one person at a time, as few are looked at.
    """
    return f"""
EXISTS (
    SELECT 1 FROM campaigns_visit visit
    WHERE visit.campaign_id = page.campaign_id AND visit.user_id = {user}
      AND visit.sheet = ANY (page.sheets)
      AND (visit.items IS NULL OR page.kind NOT IN ('follow_up', 'adjudication') OR EXISTS (
        SELECT 1 FROM campaigns_pageitem placed
        WHERE placed.page_id = page.id AND placed.item_id = ANY (visit.items)
      ))
    OFFSET 0
)
"""  # noqa: S608 - put together from our own words


_SEEN_PAGES = f"""
SELECT page.id FROM campaigns_page page WHERE page.id = ANY (%s) AND {has_seen("%s")}
"""  # noqa: S608 - put together from our own words


def seen_pages(person: Membership, pages: Iterable[Page]) -> set[int]:
    """The ids of those of the pages of which a person has seen some instances."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN_PAGES, [[page.pk for page in pages], person.user_id])
        return {page_id for (page_id,) in cursor.fetchall()}


def items_on(pages: Iterable[int]) -> dict[int, set[int]]:
    """The ids of the items on pages, by the page's id; gold lies on no sheet and is left out."""
    placed = PageItem.objects.filter(page__in=pages, item__sheet__isnull=False)
    items: dict[int, set[int]] = {}
    for page_id, item_id in placed.values_list("page_id", "item_id"):
        items.setdefault(page_id, set()).add(item_id)
    return items


# One statement: the same person may submit another page with instances of the sheet just now.
_FORGET = """
UPDATE campaigns_visit SET items = ARRAY(
    SELECT unnest(items) EXCEPT SELECT item_id FROM campaigns_pageitem WHERE page_id = %s
)
WHERE campaign_id = %s AND user_id = %s AND sheet = ANY (%s) AND items IS NOT NULL
"""


def forget_visit(page: Page, user_id: int) -> None:
    """Somebody may be handed a page again that they have seen."""
    visits = Visit.objects.filter(campaign=page.campaign_id, user=user_id, sheet__in=page.sheets)
    if page.kind not in MIXED:
        visits.delete()
        return
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [page.pk, page.campaign_id, user_id, page.sheets])
    visits.filter(items__len=0).delete()
