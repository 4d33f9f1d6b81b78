"""What managers do with people and their pages, beside the order in which pages go out.

Each deed locks the pages that it changes, as a submit and a lease do, so of two at the same moment
one comes first and the other finds what it left. Doing a deed again changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership, Page, Visit
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.campaigns.services.life import withdraw_pages
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError

MOST_PAGES_AT_ONCE = 500


class PageError(ConflictError):
    """A page cannot be given to this person now."""

    code = "page_not_free"


def judge_named(campaign: Campaign, username: str, field: str = "person") -> Membership:
    """How somebody takes part who judges pages in the campaign.

    Raises NotFoundError naming `field`, and InvalidInputError for a viewer.
    """
    membership = member_named(campaign, username, field)
    if membership.role == Membership.Role.VIEWER:
        raise InvalidInputError(
            f"{field}: {username} is a viewer of this campaign and judges no pages.", field=field
        )
    return membership


def member_named(campaign: Campaign, username: str, field: str = "person") -> Membership:
    """How somebody takes part. Raises NotFoundError naming `field`."""
    memberships = campaign.memberships.select_related("user", "campaign")
    membership = memberships.filter(user__username=username).first()
    if membership is None:
        raise NotFoundError(f"{field}: {username!r} takes no part in this campaign.", field=field)
    return membership


def member_of(campaign: Campaign, person_id: int) -> Membership:
    """How somebody takes part. Raises NotFoundError."""
    memberships = campaign.memberships.select_related("user", "campaign")
    membership = memberships.filter(user=person_id).first()
    if membership is None:
        raise NotFoundError(f"Person {person_id} takes no part in this campaign.")
    return membership


@transaction.atomic
def reserve_pages(
    campaign: Campaign,
    numbers: Collection[int],
    person: Membership | None,
    by: User,
    now: datetime,
) -> list[int]:
    """Keep free pages for a person, or with None for everybody again; which ones changed.

    Raises NotFoundError for numbers that no page has, and PageError naming the first page that is
    done, held by another, or was judged by this person before.
    """
    check_not_archived(campaign, "pages")
    pages = _lock_pages(campaign, numbers)
    if person is not None:
        seen = _visited_sheets(person)
        for page in pages:
            _check_free_for(page, person, seen, now)
    user_id = None if person is None else person.user_id
    changed = [page for page in pages if page.reserved_for_id != user_id]
    changed = [page for page in changed if page.kind != Page.Kind.TRAINING]
    _reserve(changed, user_id)
    given = [page.number for page in changed]
    if given:
        details = {"pages": given, "for": None if person is None else person.user.username}
        record(campaign, by, "pages_reserved", details, now)
    return given


@transaction.atomic
def transfer_pages(person: Membership, to: Membership | None, by: User, now: datetime) -> list[int]:
    """Take from a person every page that they hold or that is kept for them; which those are.

    They go to another, or to everybody: also those that the other has seen already. Training
    stays with whom it is for. What was said of the pages is kept.
    """
    campaign = person.campaign
    check_not_archived(campaign, "person")
    if to is not None and to.user_id == person.user_id:
        raise InvalidInputError("to: name somebody else, or nobody.", field="to")
    holds = Q(lease__user=person.user_id, lease__ended_at__isnull=True)
    pages = list(
        Page.objects.select_for_update(of=("self",))
        .filter(holds | Q(reserved_for=person.user_id), campaign=campaign)
        .filter(submitted_at__isnull=True)
        .exclude(kind=Page.Kind.TRAINING)
        .order_by("pk")
    )
    withdraw_pages([page for page in pages if page.lease_id is not None], now)
    seen = set() if to is None else _visited_sheets(to)
    theirs = [page for page in pages if to is not None and _can_judge(page, to, seen)]
    _reserve(pages, None)
    if to is not None:
        _reserve(theirs, to.user_id)
    numbers = [page.number for page in pages]
    if numbers:
        details = {
            "from": person.user.username,
            "to": None if to is None else to.user.username,
            "pages": numbers,
            "for_everybody": [page.number for page in pages if page not in theirs],
        }
        record(campaign, by, "pages_transferred", details, now)
    return numbers


@transaction.atomic
def take_back_page(campaign: Campaign, number: int, by: User, now: datetime) -> bool:
    """Take a page from whoever holds it, for everybody; whether anybody did.

    What they said of it is kept. Raises NotFoundError.
    """
    check_not_archived(campaign, "page")
    (page,) = _lock_pages(campaign, [number])
    if page.lease is None or page.submitted_at is not None or page.lease.ended_at is not None:
        return False
    holder = page.lease.user.username
    withdraw_pages([page], now)
    record(campaign, by, "page_taken_back", {"page": number, "from": holder}, now)
    return True


@transaction.atomic
def pause_person(person: Membership, by: User, now: datetime) -> None:
    """Hand no more pages to a person; what they hold they may submit."""
    member = Membership.objects.select_for_update().get(pk=person.pk)
    if member.paused_at is None:
        Membership.objects.filter(pk=member.pk).update(paused_at=now)
        details = {"person": person.user.username}
        record(person.campaign, by, "person_paused", details, now)


@transaction.atomic
def resume_person(person: Membership, by: User, now: datetime) -> None:
    """Hand pages to a person again."""
    member = Membership.objects.select_for_update().get(pk=person.pk)
    if member.paused_at is not None:
        Membership.objects.filter(pk=member.pk).update(paused_at=None)
        details = {"person": person.user.username}
        record(person.campaign, by, "person_resumed", details, now)


def put_out_again(page: Page, person: Membership | None, now: datetime) -> None:
    """A submitted page, which is locked, goes out again, to this person or to whoever comes.

    Its lease ends as withdrawn instead: what was said under it is kept, and is no vote any more.
    Who judged the page is handed it again only where it is given to them.
    """
    if person is not None and page.lease is not None and page.lease.user_id == person.user_id:
        Visit.objects.filter(
            campaign=page.campaign_id, user=person.user_id, sheet__in=page.sheets
        ).delete()
    elif person is not None and not _can_judge(page, person, _visited_sheets(person)):
        raise PageError(
            f"Page {page.number} holds what {person.user.username} has judged on another page; "
            "give it to somebody else.",
            field="to",
        )
    if page.lease is not None:
        page.lease.ending, page.lease.ended_at = page.lease.Ending.WITHDRAWN, now
        page.lease.save(update_fields=["ending", "ended_at"])
    page.lease, page.submitted_at, page.held_until, page.counted_at = None, None, None, None
    page.reserved_for_id = None if person is None else person.user_id
    page.save(update_fields=["lease", "submitted_at", "held_until", "counted_at", "reserved_for"])


def lock_page(campaign: Campaign, number: int) -> Page:
    """A page of this number, locked. Raises NotFoundError."""
    (page,) = _lock_pages(campaign, [number])
    return page


def _lock_pages(campaign: Campaign, numbers: Collection[int]) -> list[Page]:
    wanted = sorted(set(numbers))
    if not 1 <= len(wanted) <= MOST_PAGES_AT_ONCE:
        raise InvalidInputError(
            f"pages: give between 1 and {MOST_PAGES_AT_ONCE} numbers of pages.", field="pages"
        )
    pages = Page.objects.select_for_update(of=("self",)).select_related("lease__user")
    found = list(pages.filter(campaign=campaign, number__in=wanted).order_by("pk"))
    missing = sorted(set(wanted) - {page.number for page in found})
    if missing:
        raise NotFoundError(
            f"pages: the campaign has no page {', '.join(map(str, missing[:10]))}.", field="pages"
        )
    return found


def _check_free_for(page: Page, person: Membership, seen: Collection[int], now: datetime) -> None:
    name = person.user.username
    reason = None
    if page.submitted_at is not None:
        reason = "is done; reopen it first"
    elif page.kind == Page.Kind.TRAINING:
        reason = "is part of somebody's training"
    elif (
        page.lease is not None
        and page.lease.user_id != person.user_id
        and page.held_until is not None
        and page.held_until > now
    ):
        reason = f"is held by {page.lease.user.username}; take it back first"
    elif not _can_judge(page, person, seen):
        reason = f"is nothing for {name}, who has judged or skipped it or lacks the role for it"
    if reason is not None:
        raise PageError(f"Page {page.number} {reason}.", field="pages")


def _can_judge(page: Page, person: Membership, seen: Collection[int]) -> bool:
    if page.kind == Page.Kind.ADJUDICATION and person.role != Membership.Role.EXPERT:
        return False
    return set(page.sheets).isdisjoint(seen)


def _visited_sheets(person: Membership) -> set[int]:
    visits = Visit.objects.filter(campaign=person.campaign_id, user=person.user_id)
    return set(visits.values_list("sheet", flat=True))


def _reserve(pages: Sequence[Page], user_id: int | None) -> None:
    Page.objects.filter(pk__in=[page.pk for page in pages]).update(reserved_for=user_id)
