"""Why instances came to be mended, as it is told to who holds one."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item
from apps.proofreading.domain import Label
from apps.proofreading.models import ErrorCategory
from apps.proofreading.selectors import settled_items_among
from apps.revision.models import Revision
from apps.revision.selectors.additions import sees_all
from apps.revision.selectors.listing import why_again


@dataclass(frozen=True)
class Came:
    """Why an instance came to be mended: what it was settled as, of which kinds of error, and what
    those wrote who judged it so. An added one has but a note. `again` is why somebody is to look at
    it though it was decided on."""

    label: Label | None
    categories: tuple[ErrorCategory, ...]
    note: str
    again: str = ""


def why_it_came(campaign: Campaign, revision: Revision, user: User) -> Came:
    """As it is settled now. The note of an added one is told to who added it, experts and managers
    alone."""
    added = revision.added
    if added is not None:
        again = (
            Revision.objects.filter(pk=revision.pk).values_list(why_again("pk"), flat=True).get()
        )
        is_told = added.added_by_id == user.pk or sees_all(user, campaign)
        return Came(None, (), added.note if is_told else "", again or "")
    items = Item.objects.filter(revision=revision).annotate(again=why_again("revision"))
    settled = next(iter(settled_items_among(items)))
    again = getattr(settled.item, "again", None)
    named = ErrorCategory.objects.filter(campaign=campaign, key__in=settled.categories)
    return Came(settled.label, tuple(named.order_by("position")), settled.note, again or "")
