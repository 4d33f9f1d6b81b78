"""What managers do with people and their pages, beside the order in which pages go out.

Each deed locks the people and then the pages that it changes, as a submit and a lease do, so of two
at the same moment one comes first and the other finds what it left. Doing a deed again changes
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.accounts.selectors import NUL
from apps.campaigns.models import Campaign, Membership, Page
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.campaigns.services.life import withdraw_pages
from apps.campaigns.visits import forget_visit, items_on, seen_pages
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError

MOST_PAGES_AT_ONCE = 500
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


class PageError(ConflictError):
    """A page cannot be given to this person now."""

    code = "page_not_free"


def judge_named(campaign: Campaign, username: str, field: str = "person") -> Membership:
    """How somebody takes part who judges pages in the campaign.

    Raises NotFoundError naming `field`, and InvalidInputError for a viewer or a closed account.
    """
    membership = member_named(campaign, username, field)
    if not membership.user.is_active:
        raise InvalidInputError(
            f"{field}: the account of {username} is closed, so they judge no pages.", field=field
        )
    if membership.role == Membership.Role.VIEWER:
        raise InvalidInputError(
            f"{field}: {username!r} is a viewer of this campaign and judges no pages.", field=field
        )
    return membership


def member_named(campaign: Campaign, username: str, field: str = "person") -> Membership:
    """How somebody takes part: by their name, else by their number, as other addresses of the API
    name people. Raises NotFoundError naming `field`."""
    memberships = campaign.memberships.select_related("user", "campaign")
    membership = None
    if NUL not in username:
        membership = memberships.filter(user__username=username).first()
    if membership is None and _NUMBER.fullmatch(username):
        membership = memberships.filter(user=int(username)).first()
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
    done, held by another, or holds what this person has on another page.
    """
    check_not_archived(campaign, "pages")
    _lock_members(person)
    pages = _lock_pages(campaign, numbers)
    if person is not None:
        _check_free_for(pages, person, now)
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
def transfer_pages(
    person: Membership,
    to: Membership | None,
    by: User | None,
    now: datetime,
    *,
    kind: Page.Kind | None = None,
) -> list[int]:
    """Take from a person every page that they hold or that is kept for them; which those are.

    They go to another, or to everybody: also those that the other has seen already. Training
    stays with whom it is for, and so does what somebody else holds or is to have. What was said
    of the pages is kept. With `kind`, only pages of this kind.
    """
    campaign = person.campaign
    check_not_archived(campaign, "person")
    if to is not None and to.user_id == person.user_id:
        raise InvalidInputError("to: name somebody else, or nobody.", field="to")
    _lock_members(person, to)
    pages = _lock_pages_of(person, kind)
    withdraw_pages([page for page in pages if _is_held_by(page, person)], now)
    free = [page for page in pages if page.reserved_for_id in {None, person.user_id}]
    theirs = [] if to is None else _those_for(to, free)
    _reserve(free, None)
    if to is not None:
        _reserve(theirs, to.user_id)
    numbers = [page.number for page in pages]
    if numbers:
        details = {
            "from": person.user.username,
            "to": None if to is None else to.user.username,
            "pages": numbers,
            "for_everybody": [page.number for page in free if page not in theirs],
        }
        record(campaign, by, "pages_transferred", details, now)
    return numbers


@transaction.atomic
def take_back_page(campaign: Campaign, number: int, by: User, now: datetime) -> bool:
    """Take a page from whoever holds it, for everybody; whether anybody did.

    What they said of it is kept. Raises NotFoundError, and PageError for a page of the training.
    """
    check_not_archived(campaign, "page")
    (page,) = _lock_pages(campaign, [number])
    if page.kind == Page.Kind.TRAINING:
        raise PageError(
            f"Page {number} is part of somebody's training, which nobody else can do for them."
        )
    if page.lease is None or page.submitted_at is not None or page.lease.ended_at is not None:
        return False
    holder = page.lease.user.username
    withdraw_pages([page], now)
    _reserve([page], None)
    record(campaign, by, "page_taken_back", {"page": number, "from": holder}, now)
    return True


@transaction.atomic
def pause_person(person: Membership, by: User, now: datetime) -> None:
    """Hand no more pages to a person; what they hold they may submit."""
    check_not_archived(person.campaign, "person")
    member = Membership.objects.select_for_update().get(pk=person.pk)
    if member.paused_at is None:
        Membership.objects.filter(pk=member.pk).update(paused_at=now)
        details = {"person": person.user.username}
        record(person.campaign, by, "person_paused", details, now)


@transaction.atomic
def resume_person(person: Membership, by: User, now: datetime) -> None:
    """Hand pages to a person again."""
    check_not_archived(person.campaign, "person")
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
        forget_visit(page, person.user_id)
    elif person is not None and not _those_for(person, [page]):
        raise PageError(
            f"Page {page.number} holds what {person.user.username} has judged on another page or "
            "has before them; give it to somebody else.",
            field="to",
        )
    if page.lease is not None:
        page.lease.ending, page.lease.ended_at = page.lease.Ending.WITHDRAWN, now
        page.lease.save(update_fields=["ending", "ended_at"])
    page.lease, page.submitted_at, page.held_until, page.counted_at = None, None, None, None
    page.reserved_for_id = None if person is None else person.user_id
    page.save(update_fields=["lease", "submitted_at", "held_until", "counted_at", "reserved_for"])


def lock_page_numbered(campaign: Campaign, number: int) -> Page:
    """A page of this number, locked. Raises NotFoundError."""
    (page,) = _lock_pages(campaign, [number])
    return page


def _lock_members(*people: Membership | None) -> None:
    """None of these is handed a page or leaves meanwhile. They are locked before pages, as where a
    page is handed out. Raises NotFoundError for somebody who takes part no longer."""
    wanted = {person.pk: person for person in people if person is not None}
    rows = Membership.objects.select_for_update(no_key=True).filter(pk__in=wanted)
    roles = {row.pk: row.role for row in rows.order_by("pk")}
    for pk, person in wanted.items():
        if pk not in roles:
            raise NotFoundError(f"{person.user.username} takes part no longer.")
        person.role = roles[pk]


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


def _lock_pages_of(person: Membership, kind: Page.Kind | None) -> list[Page]:
    """What somebody holds and what is kept for them, but for the training."""
    pages = Page.objects.select_for_update(of=("self",)).select_related("lease")
    pages = pages.filter(_is_for(person), campaign=person.campaign_id, submitted_at__isnull=True)
    if kind is not None:
        pages = pages.filter(kind=kind)
    return list(pages.exclude(kind=Page.Kind.TRAINING).order_by("pk"))


def _is_for(person: Membership) -> Q:
    held = Q(lease__user=person.user_id, lease__ended_at__isnull=True)
    return held | Q(reserved_for=person.user_id)


def _is_held_by(page: Page, person: Membership) -> bool:
    lease = page.lease
    return lease is not None and lease.user_id == person.user_id and lease.ended_at is None


def _check_free_for(pages: Sequence[Page], person: Membership, now: datetime) -> None:
    theirs = _those_for(person, pages)
    for page in pages:
        reason = _why_not_free(page, person, now)
        if reason is None and page not in theirs:
            reason = (
                f"is nothing for {person.user.username}, who has judged or skipped it, has its "
                "instances on another page, or lacks the role for it"
            )
        if reason is not None:
            raise PageError(f"Page {page.number} {reason}.", field="pages")


def _why_not_free(page: Page, person: Membership, now: datetime) -> str | None:
    if page.submitted_at is not None:
        return "is done; reopen it first"
    if page.kind == Page.Kind.TRAINING:
        return "is part of somebody's training"
    is_held = page.held_until is not None and page.held_until > now
    if is_held and page.lease is not None and not _is_held_by(page, person):
        return f"is held by {page.lease.user.username}; take it back first"
    return None


def _those_for(person: Membership, pages: Sequence[Page]) -> list[Page]:
    """Those of the pages that somebody can judge, each instance once."""
    seen, items = seen_pages(person, pages), items_on([page.pk for page in pages])
    taken, chosen = _items_before(person, pages), []
    for page in pages:
        theirs = items.get(page.pk, set())
        if _has_role_for(page, person) and page.pk not in seen and theirs.isdisjoint(taken):
            chosen.append(page)
            taken |= theirs
    return chosen


def _has_role_for(page: Page, person: Membership) -> bool:
    if page.kind == Page.Kind.ADJUDICATION:
        return person.role == Membership.Role.EXPERT
    return person.role != Membership.Role.VIEWER


def _items_before(person: Membership, but: Collection[Page]) -> set[int]:
    """The items that somebody has before them on other pages than these."""
    pages = Page.objects.filter(
        _is_for(person), campaign=person.campaign_id, submitted_at__isnull=True
    ).exclude(pk__in=[page.pk for page in but])
    return set().union(*items_on(pages.values_list("pk", flat=True)).values())


def _reserve(pages: Sequence[Page], user_id: int | None) -> None:
    Page.objects.filter(pk__in=[page.pk for page in pages]).update(reserved_for=user_id)
