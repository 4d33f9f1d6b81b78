"""Reads of deliveries: where they stand, and what their settings come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.cave_sync.domain.annotations import Schema
from apps.cave_sync.domain.deliveries import Filling, Kind, MendedAs, Plan, Source, Taken
from apps.cave_sync.models import ASIDE, Delivery, OutboxRow, RootChange, RootPull, SyncRun
from apps.core.errors import NotFoundError

State = OutboxRow.State
_FAILED = Q(state=State.FAILED) | ASIDE


@dataclass(frozen=True)
class Counts:
    """Rows of a delivery: in CAVE as they should be; to be sent, changed or deleted; such as CAVE
    refuses, or stumbles at."""

    held: int
    waiting: int
    failed: int


def deliveries_of(campaign: Campaign) -> QuerySet[Delivery]:
    """Those of a campaign, in the order in which they were made."""
    found = Delivery.objects.filter(campaign=campaign)
    return found.select_related("secret", "campaign__table", "created_by").order_by("pk")


def delivery_of(campaign: Campaign, delivery_id: int) -> Delivery:
    """One of them. Raises NotFoundError."""
    found = deliveries_of(campaign).filter(pk=delivery_id).first()
    if found is None:
        raise NotFoundError(
            f"delivery: the campaign has no delivery {delivery_id}.", field="delivery"
        )
    return found


def counts_of(delivery: Delivery) -> Counts:
    """How many rows are where. Pages ask for it all the time: what is in CAVE was counted when the
    last run ended, and the run under way says what has come to it."""
    to_see_to = delivery.rows.exclude(state__in=[State.HELD, State.GONE])
    found = to_see_to.aggregate(
        waiting=Count("pk", filter=~_FAILED),
        failed=Count("pk", filter=_FAILED),
    )
    run = delivery.runs.filter(finished_at__isnull=True).first()
    more = 0 if run is None else run.posted - run.deleted
    return Counts(held=max(0, delivery.held + more), **found)


def failed_rows(delivery: Delivery, limit: int) -> QuerySet[OutboxRow]:
    """Some of the rows that CAVE refuses, or stumbles at, with why."""
    failed = delivery.rows.filter(_FAILED).select_related("instance")
    return failed.order_by("pk")[:limit]


def latest_run(delivery: Delivery) -> SyncRun | None:
    """The one under way, or else the last."""
    return delivery.runs.select_related("asked_by").order_by("-pk").first()


def plan_of(delivery: Delivery, schema: Schema) -> Plan:
    """The settings of a delivery, as the mapping takes them."""
    fillings = {
        name: Filling(Source(one["source"]), one.get("otherwise"))
        for name, one in delivery.fillings.items()
    }
    return Plan(
        kind=Kind(delivery.kind),
        schema=schema,
        resolution=delivery.resolution,
        taken=frozenset(map(Taken, delivery.taken)),
        mended_as=MendedAs(delivery.mended_as),
        fillings=fillings,
        words=delivery.words,
    )


def sent_count(delivery: Delivery) -> int:
    """How many rows CAVE must have of it, with those that were deleted there."""
    return delivery.rows.filter(sent_at__isnull=False).count()


def rows_of(delivery: Delivery, wanted: Mapping[str, str]) -> QuerySet[OutboxRow]:
    """Its rows, the newest first, also those that are gone; of one state if that is wanted. With
    those that failed are those at which CAVE stumbles."""
    rows = delivery.rows.select_related("instance", "wanted_in").order_by("-pk")
    if wanted.get("state") == State.FAILED:
        return rows.filter(_FAILED)
    return rows.filter(state=wanted["state"]) if "state" in wanted else rows


def names_of(rows: Iterable[OutboxRow]) -> dict[int, str]:
    """The usernames of those who said what these rows say."""
    ids = {pk for row in rows for pk in row.people}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "username"))


def latest_pull(delivery: Delivery) -> RootPull | None:
    """The last version of which root ids were read."""
    return delivery.pulls.filter(finished_at__isnull=False).order_by("-version").first()


def fates_of(delivery: Delivery) -> dict[str, int]:
    """Of how many synapses changes were opened again, wait for it, and so on, in all versions."""
    changes = RootChange.objects.filter(pull__delivery=delivery).order_by()
    return dict(changes.values_list("fate").annotate(n=Count("instance_id", distinct=True)))


def changes_of(delivery: Delivery) -> QuerySet[RootChange]:
    """Synapses whose neurons have changed under them, the latest first."""
    found = RootChange.objects.filter(pull__delivery=delivery)
    related = found.select_related("pull", "instance", "look__revision__added")
    return related.prefetch_related("look__revision__second_looks").order_by("-pk")
