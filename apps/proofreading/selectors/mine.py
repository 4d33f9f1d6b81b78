"""The pages that a person has submitted, and what of them can still be changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Page, PageItem
from apps.core.errors import NotFoundError
from apps.proofreading.domain import Label
from apps.proofreading.models import Verdict
from apps.proofreading.selectors.gold import ShownGold, gold_policy_of, gold_shown_to

LAST_PAGES = 50

# The leases under which a person holds pages or has submitted them, as those pages still are: of
# one that was opened again it is none. Those of the training are done once, so they are asked for
# only by name.
MY_LEASES = """
SELECT lease.id, lease.page_id FROM campaigns_page page
JOIN campaigns_lease lease ON lease.id = page.lease_id
WHERE lease.user_id = %(user)s AND page.campaign_id = %(campaign)s
  AND (lease.ended_at IS NULL OR (lease.ending = 'submitted' AND page.submitted_at IS NOT NULL))
  AND CASE WHEN %(lease)s::bigint IS NULL THEN page.kind <> 'training'
      ELSE lease.id = %(lease)s END
"""
# Whether a verdict is what its person said last of the instance.
IS_LATEST = """
NOT verdict.late AND NOT EXISTS (
    SELECT 1 FROM proofreading_verdict later
    WHERE later.item_id = verdict.item_id AND later.lease_id = verdict.lease_id
      AND NOT later.late AND later.id > verdict.id
)
"""
ADJUDICATED = "An expert has decided this instance."
_TOLD = "You were told what is known of this instance: it is {truth}. {explanation}"
_STATUS_WORDS: Mapping[str, str] = {
    Campaign.Status.PAUSED: "is paused",
    Campaign.Status.CLOSED: "is closed",
    Campaign.Status.ARCHIVED: "is archived",
}


@dataclass(frozen=True)
class MyPage:
    """A page that somebody has submitted; `fixed` says why none of its labels can be changed."""

    lease: Lease
    submitted_at: datetime
    labels: Mapping[Label, int]
    fixed: str | None


@dataclass(frozen=True)
class MyPart:
    """Some of them, the latest first, and whether there are earlier and later ones."""

    pages: Sequence[MyPage]
    has_earlier: bool = False
    has_later: bool = False


def my_pages(
    campaign: Campaign, user: User, *, before: UUID | None = None, after: UUID | None = None
) -> MyPart:
    """The last LAST_PAGES that this person has submitted; or those next to the page of a lease of
    theirs, by its token, submitted before or after it. What they hold is later than all.

    Raises NotFoundError for what is no lease of theirs in this campaign.
    """
    submitted = Lease.objects.filter(
        user=user,
        page__campaign=campaign,
        ended_at__isnull=False,
        ending=Lease.Ending.SUBMITTED,
    ).select_related("page__campaign")
    if after is not None:
        lease = _lease_of(campaign, user, after, "after")
        later = submitted.filter(_later_than(lease)) if lease.ended_at else submitted.none()
        found = list(later.order_by("ended_at", "pk")[: LAST_PAGES + 1])
        is_listed = lease.ending == Lease.Ending.SUBMITTED
        return MyPart(_told(found[:LAST_PAGES][::-1]), is_listed, len(found) > LAST_PAGES)
    is_listed = False
    if before is not None:
        lease = _lease_of(campaign, user, before, "before")
        is_listed = lease.ending == Lease.Ending.SUBMITTED
        if lease.ended_at is not None:
            submitted = submitted.exclude(_later_than(lease)).exclude(pk=lease.pk)
    found = list(submitted.order_by("-ended_at", "-pk")[: LAST_PAGES + 1])
    return MyPart(_told(found[:LAST_PAGES]), len(found) > LAST_PAGES, is_listed)


def _lease_of(campaign: Campaign, user: User, token: UUID, field: str) -> Lease:
    lease = Lease.objects.filter(token=token, user=user, page__campaign=campaign).first()
    if lease is None:
        raise NotFoundError(f"{field}: no page of yours in this campaign is {token}.", field=field)
    return lease


def _later_than(lease: Lease) -> Q:
    """The leases that ended later than one that has ended."""
    return Q(ended_at__gt=lease.ended_at) | Q(ended_at=lease.ended_at, pk__gt=lease.pk)


def _told(leases: Sequence[Lease]) -> list[MyPage]:
    labels = _label_counts(leases)
    return [
        MyPage(lease, lease.ended_at, labels[lease.pk], why_fixed(lease))
        for lease in leases
        if lease.ended_at is not None
    ]


def why_fixed(lease: Lease) -> str | None:
    """Why no label of this page can be changed by its person, as a sentence; None where they
    can. The lease has its page with the campaign."""
    page = lease.page
    campaign = page.campaign
    is_theirs = page.submitted_at is not None and page.lease_id == lease.pk
    if lease.ending != Lease.Ending.SUBMITTED or not is_theirs:
        return "This page was opened again; what you said of it no longer counts."
    if page.kind == Page.Kind.TRAINING:
        return "A page of the training is done once."
    if campaign.status != Campaign.Status.OPEN:
        return f"The campaign {state_words(campaign)}; labels stay as they are."
    return None


def state_words(campaign: Campaign) -> str:
    """ "is closed": what a campaign that is not open is, for a sentence."""
    return _STATUS_WORDS.get(campaign.status, "is not open")


@dataclass(frozen=True)
class Locks:
    """Why labels of a submitted page stay: `fixed` is a sentence about all of them; `told` are
    those of the items whose answer the person was told, by item id; `decided` are the items that
    an expert has decided."""

    fixed: str | None
    told: Mapping[int, str]
    decided: Collection[int]

    def of(self, item_id: int) -> str | None:
        """Why the label of this item stays, as a sentence; None where it can be changed."""
        by_expert = ADJUDICATED if item_id in self.decided else None
        return self.told.get(item_id) or self.fixed or by_expert

    def among(self, items: Iterable[int]) -> dict[int, str]:
        """Those of some items, by their ids, whose label stays, with the reason."""
        reasons = {item_id: self.of(item_id) for item_id in items}
        return {item_id: reason for item_id, reason in reasons.items() if reason is not None}


def locks_on(leases: Sequence[Lease]) -> dict[int, Locks]:
    """By the leases of pages that a person has submitted in a campaign, each with its page. As many
    statements however many there are."""
    pages = [lease.page_id for lease in leases]
    decided = _decided_on(pages)
    told = _told_on(leases)
    return {lease.pk: Locks(why_fixed(lease), told, decided[lease.page_id]) for lease in leases}


def _decided_on(pages: Sequence[int]) -> dict[int, set[int]]:
    """The items of each page that were adjudicated, elsewhere than on this page."""
    decisions = PageItem.objects.filter(
        item=OuterRef("item"),
        page__kind=Page.Kind.ADJUDICATION,
        page__submitted_at__isnull=False,
    ).exclude(page=OuterRef("page"))
    decided: dict[int, set[int]] = {page: set() for page in pages}
    placed = PageItem.objects.filter(Exists(decisions), page__in=pages)
    for page, item_id in placed.values_list("page_id", "item_id"):
        decided[page].add(item_id)
    return decided


def _told_on(leases: Sequence[Lease]) -> dict[int, str]:
    """What the person of these leases was told of the known items on their pages."""
    if not leases or not gold_policy_of(leases[0].page.campaign_id).gives_feedback:
        return {}
    shown = gold_shown_to(leases[0].user_id, [lease.page_id for lease in leases])
    return {one.item_id: told_sentence(one) for one in shown}


def told_sentence(shown: ShownGold) -> str:
    """What somebody is told of a known item."""
    return _TOLD.format(truth=shown.truth, explanation=shown.explanation).strip()


def _label_counts(leases: Sequence[Lease]) -> dict[int, dict[Label, int]]:
    latest = (
        Verdict.objects.filter(lease__in=leases, late=False)
        .order_by("lease_id", "item_id", "-pk")
        .distinct("lease_id", "item_id")
        .values_list("lease_id", "label")
    )
    counts = {lease.pk: dict.fromkeys(Label, 0) for lease in leases}
    for lease_id, label in latest:
        counts[lease_id][Label(label)] += 1
    return counts
