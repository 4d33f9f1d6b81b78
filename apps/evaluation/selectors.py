"""Reads of reports, and of what is open right now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max
from django.db.models.functions import Greatest, Least

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.evaluation.domain.panels import OWN_ROWS, Panel
from apps.evaluation.models import Report
from apps.proofreading.selectors.gold import gold_policy_of

# Where a panel keeps its rows of people.
_ROWS = {Panel.PACE: "people", Panel.ANNOTATORS: "people", Panel.LEASES: "leases"}


def decided_at(lease: str = "lease", verdict: str = "") -> Greatest:
    """When a verdict was made, in a query: as the annotator's clock says, but not before the page
    was theirs nor after the verdict was here. `lease` and `verdict` lead to them."""
    said, here = (f"{verdict}{name}" for name in ("made_at", "recorded_at"))
    return Greatest(f"{lease}__leased_at", Least(said, here))


@dataclass(frozen=True)
class Shown:
    """A panel as somebody sees it; no body while its report has never been made."""

    made_at: datetime | None
    body: Mapping[str, Any] | None


def report_of(campaign: Campaign, panel: Panel, own: User | None = None) -> Shown:
    """A panel of the campaign; of `own` only that person's row, where a person is given."""
    if own is not None and panel not in OWN_ROWS:
        raise ValueError(f"The panel {panel} has no rows of one person.")
    report = Report.objects.filter(campaign=campaign, kind=panel).first()
    if report is None:
        return Shown(None, None)
    return Shown(report.made_at, report.body if own is None else _own(report, panel, own))


def _own(report: Report, panel: Panel, own: User) -> dict[str, Any]:
    rows = [row for row in report.body[_ROWS[panel]] if row["user"] == own.pk]
    if panel is Panel.ANNOTATORS:
        tells = gold_policy_of(report.campaign_id).gives_feedback
        rows = [_with_gold(row, report.body["labels"], tells=tells) for row in rows]
    return {"sentence": "", _ROWS[panel]: rows}


def _with_gold(row: Mapping[str, Any], labels: Sequence[str], *, tells: bool) -> dict[str, Any]:
    """A person's figures as they may see them. What they said is counted with gold: else a label
    that is changed would tell whether it is of gold. How well they judge it, and what is measured
    by it, they see where the campaign gives feedback."""
    gold = row["gold"]
    on_gold = map(sum, zip(*gold["matrix"], strict=True))
    said = {one: row["said"][one] + n for one, n in zip(labels, on_gold, strict=True)}
    mine = {**row, "said": said, "votes": sum(said.values())}
    if tells:
        return mine
    return mine | {"gold": dict.fromkeys(gold), "rates": None if gold["n"] else row["rates"]}


def open_leases(campaign: Campaign, now: datetime, own: User | None = None) -> dict[str, Any]:
    """The pages that people hold, those that end first at the top; also those whose time ran out
    while nobody else has taken them: their annotator can still submit."""
    pages = (
        Page.objects.filter(
            campaign=campaign, submitted_at__isnull=True, lease__ended_at__isnull=True
        )
        .exclude(lease=None)
        .select_related("lease__user")
        .annotate(last_at=Max(decided_at("lease", "lease__verdicts__")))
        .order_by("held_until", "number")
    )
    if own is not None:
        pages = pages.filter(lease__user=own)
    leases = [_lease(page, page.lease, now, page.last_at) for page in pages if page.lease]
    held = sum(lease["is_held"] for lease in leases)
    people = len({lease["user"] for lease in leases if lease["is_held"]})
    return {"sentence": _sentence(held, people), "leases": leases}


def _lease(page: Page, lease: Lease, now: datetime, last_at: datetime | None) -> dict[str, Any]:
    return {
        "user": lease.user_id,
        "username": lease.user.username,
        "name": name_of(lease.user),
        "page": page.number,
        "page_id": page.pk,
        "kind": page.kind,
        "since": lease.leased_at.isoformat(),
        "until": page.held_until.isoformat() if page.held_until else None,
        "last_at": last_at.isoformat() if last_at else None,
        "is_held": page.held_until is not None and page.held_until > now,
    }


def _sentence(held: int, people: int) -> str:
    if not held:
        return "Nobody holds a page just now."
    pages = "1 page" if held == 1 else f"{held} pages"
    return f"{people} {'person holds' if people == 1 else 'people hold'} {pages}."


def name_of(user: User) -> str:
    """A person as others call them."""
    return user.get_full_name() or user.get_username()


def people_of(campaign: Campaign) -> list[dict[str, Any]]:
    """Everybody in a campaign, and whoever judged in it and has left it since."""
    members = Membership.objects.filter(campaign=campaign).select_related("user")
    found = {
        member.user_id: _person(member.user, member.role, member.paused_at) for member in members
    }
    left = User.objects.filter(leases__page__campaign=campaign).exclude(pk__in=found).distinct()
    return [*found.values(), *(_person(user, None, None) for user in left)]


def _person(user: User, role: str | None, paused_at: datetime | None) -> dict[str, Any]:
    return {
        "user": user.pk,
        "username": user.username,
        "name": name_of(user),
        "role": role or "left",
        "paused": paused_at is not None,
    }


def state_of_verdicts(campaign: Campaign) -> str:
    """A text that changes whenever something is submitted, given back, counted or measured, when a
    manager does something that the record keeps (a page is put out again, a known answer is another
    one, a kind of error has another title), or a person of the campaign changes. It looks at pages,
    not at verdicts: they are few beside them."""
    pages = campaign.pages.aggregate(
        Count("pk"),
        Count("submitted_at"),
        Max("submitted_at"),
        Count("counted_at"),
        Max("counted_at"),
        Count("held_until"),
        Max("lease_id"),
    )
    known = Campaign.objects.filter(pk=campaign.pk).values_list(
        "settling_policy__measured_at", "status", "placed"
    )
    deed = campaign.audit.order_by("-pk").values_list("pk", flat=True).first()
    people = [(*one.values(),) for one in people_of(campaign)]
    parts = (*pages.values(), *known[0], deed, *people)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
