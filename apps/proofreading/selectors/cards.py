"""What a person called incorrect or unsure, page by page: the cards of "What is wrong?"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Page
from apps.core.rows import RowReader, columns_of
from apps.proofreading.domain import FALSE_POSITIVE, Label
from apps.proofreading.selectors.discards import DISCARDED_BY
from apps.proofreading.selectors.gold import gold_policy_of, may_have_gold
from apps.proofreading.selectors.leases import Said, items_shown_on
from apps.proofreading.selectors.mine import IS_LATEST, MY_LEASES, Locks, locks_on

PAGES_A_PART = 25

_NAMES = """
EXISTS (
    SELECT 1 FROM proofreading_verdictcategory named
    JOIN proofreading_errorcategory category ON category.id = named.category_id
    WHERE named.verdict_id = verdict.id {}
)
"""
# What they said last of each instance, where that is not that it is correct.
_IS_ERROR = f"verdict.label <> 'correct' AND {IS_LATEST}"
_IS_DISCARDED = f"verdict.id IN ({DISCARDED_BY})"
_IS_UNEXPLAINED = f"(verdict.note = '' AND NOT {_NAMES.format('')})"
_IS_FALSE_POSITIVE = f"""
(verdict.label = 'incorrect' AND {_NAMES.format("AND category.key = %(false_positive)s")})
"""
_COUNTS = f"""
WITH error AS MATERIALIZED (
    SELECT {_IS_DISCARDED} AS is_discarded, {_IS_UNEXPLAINED} AS is_unexplained,
        {_IS_FALSE_POSITIVE} AS is_false_positive
    FROM ({MY_LEASES}) mine JOIN proofreading_verdict verdict ON verdict.lease_id = mine.id
    WHERE {_IS_ERROR}
)
SELECT count(*) FILTER (WHERE NOT is_discarded),
    count(*) FILTER (WHERE NOT is_discarded AND is_unexplained),
    count(*) FILTER (WHERE NOT is_discarded AND is_false_positive),
    count(*) FILTER (WHERE is_discarded)
FROM error
"""  # noqa: S608 - put together from our own words
_FALSE_POSITIVES = f"""
SELECT verdict.id FROM ({MY_LEASES}) mine
JOIN proofreading_verdict verdict ON verdict.lease_id = mine.id
WHERE {_IS_ERROR} AND {_IS_FALSE_POSITIVE} AND NOT {_IS_DISCARDED}
ORDER BY verdict.id
"""  # noqa: S608 - put together from our own words
_IS_CARD = f"""
{_IS_ERROR} AND NOT {_IS_DISCARDED} AND (NOT %(unexplained)s OR {_IS_UNEXPLAINED})
"""
# The pages are chosen first, so that a part costs as much whatever lies behind it.
_PART = f"""
WITH chosen AS MATERIALIZED (
    SELECT mine.* FROM ({MY_LEASES}) mine
    WHERE mine.id > %(after)s AND EXISTS (
        SELECT 1 FROM proofreading_verdict verdict
        WHERE verdict.lease_id = mine.id AND {_IS_CARD}
    )
    ORDER BY mine.id LIMIT %(pages)s
)
SELECT {columns_of(Lease, "lease")}, {columns_of(Page, "page")},
    verdict.item_id, verdict.label, verdict.key, verdict.note,
    ARRAY(
        SELECT category.key FROM proofreading_verdictcategory named
        JOIN proofreading_errorcategory category ON category.id = named.category_id
        WHERE named.verdict_id = verdict.id ORDER BY category.position
    )
FROM chosen
JOIN campaigns_lease lease ON lease.id = chosen.id
JOIN campaigns_page page ON page.id = chosen.page_id
JOIN proofreading_verdict verdict ON verdict.lease_id = chosen.id
WHERE {_IS_CARD}
ORDER BY chosen.id
"""  # noqa: S608 - put together from our own words


@dataclass(frozen=True)
class CardCounts:
    """Of what somebody called incorrect or unsure: how many there are, to how many neither a kind
    nor a note was given, and how many are false positives. Those that they discarded are counted
    apart."""

    all: int
    unexplained: int
    false_positives: int
    discarded: int


@dataclass(frozen=True)
class Card:
    """An instance that somebody called incorrect or unsure; `place` is that on its page, from 0,
    and `locked` why its label stays as it is."""

    item: Item
    place: int
    said: Said
    locked: str | None


@dataclass(frozen=True)
class CardPage:
    """The cards of a page, in its order; `has_gold` says whether gold may be among them."""

    lease: Lease
    cards: Sequence[Card]
    has_gold: bool


@dataclass(frozen=True)
class CardPart:
    """Some of the pages; `next` is the lease after which the next part begins, None after the
    last."""

    pages: Sequence[CardPage]
    next: int | None


@dataclass(frozen=True)
class _Found:
    """A row: what was said of an item under a lease."""

    item_id: int
    said: Said


def card_counts(campaign: Campaign, user: User, lease: Lease | None = None) -> CardCounts:
    """In all that this person has judged, or on one page of theirs."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, _values(campaign, user, lease))
        return CardCounts(*cursor.fetchone())


def false_positives_of(campaign: Campaign, user: User) -> list[int]:
    """The verdicts by which this person calls instances false positives that are not discarded."""
    with connection.cursor() as cursor:
        cursor.execute(_FALSE_POSITIVES, _values(campaign, user, None))
        return [verdict_id for (verdict_id,) in cursor.fetchall()]


def card_pages(
    campaign: Campaign,
    user: User,
    lease: Lease | None = None,
    *,
    after: int = 0,
    only_unexplained: bool = False,
) -> CardPart:
    """The pages with cards after the lease of this number, PAGES_A_PART at most, in the order in
    which they were handed out. As many statements however many there are."""
    values = _values(campaign, user, lease) | {
        "after": after,
        "unexplained": only_unexplained,
        "pages": PAGES_A_PART + 1,
    }
    found: dict[Lease, list[_Found]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PART, values)
        for row in cursor.fetchall():
            _take(RowReader(row), campaign, found)
    leases = list(found)[:PAGES_A_PART]
    pages = _with_items(campaign, user, {lease: found[lease] for lease in leases})
    return CardPart(pages, leases[-1].pk if len(found) > len(leases) else None)


def _values(campaign: Campaign, user: User, lease: Lease | None) -> dict[str, Any]:
    return {
        "user": user.pk,
        "campaign": campaign.pk,
        "lease": None if lease is None else lease.pk,
        "false_positive": FALSE_POSITIVE,
    }


def _take(row: RowReader, campaign: Campaign, found: dict[Lease, list[_Found]]) -> None:
    lease = row.take(Lease)
    lease.page = row.take(Page)
    lease.page.campaign = campaign
    item_id, label, key, note, kinds = (row.take_value() for _ in range(5))
    said = Said(Label(label), key, note, tuple(kinds))
    found.setdefault(lease, []).append(_Found(item_id, said))


def _with_items(
    campaign: Campaign, user: User, found: Mapping[Lease, Sequence[_Found]]
) -> list[CardPage]:
    if not found:
        return []
    pages = [lease.page_id for lease in found]
    shown = items_shown_on(pages, user.pk)
    is_used = gold_policy_of(campaign.pk).is_used
    locks = locks_on([lease for lease in found if lease.ending == Lease.Ending.SUBMITTED])
    return [
        CardPage(
            lease,
            _cards(rows, shown[lease.page_id], locks.get(lease.pk)),
            may_have_gold(is_used, shown[lease.page_id]),
        )
        for lease, rows in found.items()
    ]


def _cards(rows: Sequence[_Found], items: Sequence[Item], locks: Locks | None) -> list[Card]:
    """In the order of the items of a page; a page that is held has no locks."""
    placed = {item.pk: (item, place) for place, item in enumerate(items)}
    cards = [
        Card(*placed[one.item_id], one.said, None if locks is None else locks.of(one.item_id))
        for one in rows
    ]
    return sorted(cards, key=lambda card: card.place)
