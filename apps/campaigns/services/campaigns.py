"""Create campaigns and prepare them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain import MOST_OPEN_PAGES, ONE_PASS, Assignment
from apps.campaigns.domain.neurons import NeuronChoice, with_neurons
from apps.campaigns.models import (
    MOST_PASSES,
    PAGE_SIZES,
    Campaign,
    CampaignSelection,
    Membership,
    Page,
)
from apps.campaigns.services.audit import record
from apps.campaigns.services.neurons import add_neurons, check_neurons
from apps.core.errors import InvalidInputError, SynAnnoError
from apps.core.jobs import Job, enqueue
from apps.core.times import told_time
from apps.datasets.domain.selection import EVERYTHING, Selection, describe_selection
from apps.datasets.models import SynapseTable, Volume
from apps.datasets.selectors import SlowCountError, any_instance, volumes_of
from apps.voxels.cutouts import plan_cutout
from apps.voxels.geometry import GeometryError, Point

DEFAULT_CROP = Point(256, 256, 6)  # voxels of the cleft volume, as in SynAnno
STUCK_AFTER = timedelta(seconds=60)
# A chunk that ends its reader costs two attempts for each cutout that it touches, of which up to
# six are rendered before the preparation notes that it has moved on.
MAX_ATTEMPTS = 20
_LOOK_FOR_S = 5.0


class StuckError(SynAnnoError):
    """A preparation does not move on, however often it is begun."""

    code = "stuck"


@transaction.atomic
def create_campaign(
    name: str,
    table: SynapseTable,
    *,
    selection: Selection = EVERYTHING,
    page_size: int = 12,
    crop: Point = DEFAULT_CROP,
    instructions: str = "",
    assignment: Assignment = ONE_PASS,
    neurons: NeuronChoice | None = None,
    created_by: User | None = None,
    as_draft: bool = False,
) -> Campaign:
    """Create a campaign over the selected instances of a table; a job prepares and opens it.

    With `neurons` it goes along these, and of what is selected their synapses are judged. A draft
    has no pages and waits to be started. `crop` is in voxels of the cleft volume. Raises
    InvalidInputError naming the field.
    """
    name = name.strip()
    check_name(name)
    check_page_size(page_size)
    check_assignment(assignment)
    check_crop(crop, table)
    if neurons is not None:
        check_neurons(neurons, assignment.order, table)
        selection = with_neurons(selection, neurons)
    check_selection(selection, table)
    campaign, is_new = Campaign.objects.get_or_create(
        name=name,
        defaults={
            "table": table,
            "status": Campaign.Status.DRAFT if as_draft else Campaign.Status.PREPARING,
            "page_size": page_size,
            "crop_x": crop.x,
            "crop_y": crop.y,
            "crop_z": crop.z,
            "instructions": instructions,
            "created_by": created_by,
            **asdict(assignment),
        },
    )
    if not is_new:
        raise name_taken(name)
    if not selection.is_all:
        CampaignSelection.objects.create(campaign=campaign, selection=selection.as_json())
    if neurons is not None:
        add_neurons(campaign, neurons)
    if not as_draft:
        enqueue(Job.PREPARE_CAMPAIGN, campaign_id=campaign.pk)
    return campaign


def check_name(name: str) -> None:
    """Raises InvalidInputError for a name without letters, or one that is too long."""
    if not name.strip() or len(name) > 200:
        raise InvalidInputError("name: give between 1 and 200 characters.", field="name")


def name_taken(name: str) -> InvalidInputError:
    """The error of a second campaign of one name."""
    return InvalidInputError(f"name: there is a campaign {name!r} already.", field="name")


def check_page_size(page_size: int) -> None:
    """Raises InvalidInputError for a size that no page has."""
    if page_size not in PAGE_SIZES:
        raise InvalidInputError(
            f"page_size: {page_size} is none of {', '.join(map(str, PAGE_SIZES))}.",
            field="page_size",
        )


def check_assignment(assignment: Assignment) -> None:
    """Raises InvalidInputError naming the first field that cannot be used."""
    _check_between("passes", assignment.passes, 1, MOST_PASSES)
    _check_between("open_pages_cap", assignment.open_pages_cap, 1, MOST_OPEN_PAGES)
    _check_between("order_seed", assignment.order_seed, 0, 2**31 - 1)
    if assignment.order not in Campaign.Order.values:
        raise InvalidInputError(
            f"order: {assignment.order!r} is none of {', '.join(Campaign.Order.values)}.",
            field="order",
        )


def check_deadline(deadline: datetime | None, now: datetime) -> None:
    """Raises InvalidInputError for a deadline after which nobody would be handed a page at all."""
    if deadline is not None and deadline <= now:
        raise InvalidInputError(
            f"deadline: this time ({told_time(deadline)}) has passed; no page is handed out after "
            "the deadline. Choose a later one, or none.",
            field="deadline",
        )


def _check_between(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidInputError(
            f"{field}: give between {least} and {most}, not {value}.", field=field
        )


def check_crop(crop: Point, table: SynapseTable) -> None:
    """Raises InvalidInputError for a crop that cannot be cut out of the table's volumes."""
    volumes = volumes_of(table.dataset_id)
    image, mask = volumes[Volume.Kind.IMAGE].grid, volumes[Volume.Kind.CLEFT].grid
    try:
        plan_cutout(mask.bounds.lo, crop, image, mask)
    except GeometryError as error:
        raise InvalidInputError(f"crop_size: {error}.", field="crop_size") from error


def check_selection(selection: Selection, table: SynapseTable) -> None:
    """Raises InvalidInputError where nothing is selected. Where that takes long to find out, the
    preparation does."""
    try:
        if any_instance(table, selection, within_s=_LOOK_FOR_S):
            return
    except SlowCountError:
        return
    if selection.is_all:
        raise InvalidInputError(f"table: {table.name!r} has no instances.", field="table")
    raise InvalidInputError(
        f"selection: the table {table.name!r} has no instance that is "
        f"{'; '.join(describe_selection(selection))}.",
        field="selection",
    )


def add_members(campaign: Campaign, roles: Mapping[User, str]) -> None:
    """Let people take part; a role given anew replaces the former one."""
    Membership.objects.bulk_create(
        [Membership(campaign=campaign, user=user, role=role) for user, role in roles.items()],
        update_conflicts=True,
        unique_fields=["campaign", "user"],
        update_fields=["role"],
    )


def combine_roles(
    managers: Sequence[User], annotators: Sequence[User]
) -> dict[User, Membership.Role]:
    """The members of a campaign with their roles.

    Raises InvalidInputError where one person is given both.
    """
    twice = [repr(user.username) for user in annotators if user in set(managers)]
    if twice:
        raise InvalidInputError(
            f"annotator: {', '.join(twice)} is a manager of this campaign already; "
            "a manager may annotate, too.",
            field="annotator",
        )
    roles = dict.fromkeys(managers, Membership.Role.MANAGER)
    return roles | dict.fromkeys(annotators, Membership.Role.ANNOTATOR)


def first_pages(campaign: Campaign) -> list[int]:
    """Ids of the pages that are rendered before the campaign opens: the first for each member."""
    people = max(1, campaign.memberships.count())
    ahead = max(1, people * settings.ENVIRONMENT.prefetch_pages)
    pages = campaign.pages.exclude(kind=Page.Kind.SEARCH).order_by("rank", "number")
    return list(pages.values_list("pk", flat=True)[: min(ahead, 12)])


def begin_part(campaign_id: int) -> None:
    """Note that some of the pages are begun. Raises StuckError as `begin_preparation` does."""
    campaigns = Campaign.objects.filter(pk=campaign_id)
    campaigns.update(attempts=F("attempts") + 1, prepared_at=timezone.now())
    campaign = campaigns.get()
    if campaign.attempts > MAX_ATTEMPTS:
        raise StuckError(
            f"It was begun {MAX_ATTEMPTS} times without getting beyond {campaign.placed:,} of "
            f"{campaign.to_place or 0:,} instances; the log of the workers says why."
        )


def begin_preparation(campaign_id: int, total: int) -> int:
    """Note that the preparation of so many cutouts begins or goes on; how many are done already.

    Raises StuckError when it was begun too often without moving on.
    """
    campaigns = Campaign.objects.filter(pk=campaign_id)
    campaigns.update(
        to_prepare=total,
        prepared=Least("prepared", total),
        attempts=F("attempts") + 1,
        prepared_at=timezone.now(),
    )
    campaign = campaigns.get()
    if campaign.attempts > MAX_ATTEMPTS:
        raise StuckError(
            f"It was begun {MAX_ATTEMPTS} times without getting beyond {campaign.prepared} of "
            f"{total} cutouts; the log of the workers says why."
        )
    return campaign.prepared


def note_progress(campaign_id: int, prepared: int) -> None:
    """Record how many cutouts are stored, or marked as unreadable; it never goes back."""
    Campaign.objects.filter(pk=campaign_id).update(
        prepared=Greatest("prepared", prepared), attempts=0, prepared_at=timezone.now()
    )


def let_people_in(campaign_id: int) -> None:
    """The campaign is prepared: its pages can be asked for."""
    _end_preparation(campaign_id, Campaign.Status.OPEN, "")


def fail_campaign(campaign_id: int, sentence: str) -> None:
    """Keep the campaign closed and say why."""
    _end_preparation(campaign_id, Campaign.Status.FAILED, sentence)


@transaction.atomic
def _end_preparation(campaign_id: int, to: Campaign.Status, failure: str) -> None:
    """Nothing happens where the preparation was cancelled."""
    preparing = Campaign.objects.filter(
        pk=campaign_id, status=Campaign.Status.PREPARING, cancelled_at__isnull=True
    )
    if preparing.update(status=to, failure=failure):
        details = {"from": Campaign.Status.PREPARING.value, "to": to.value}
        if failure:
            details["failure"] = failure
        record(
            Campaign.objects.get(pk=campaign_id), None, "status_changed", details, timezone.now()
        )


def resume_preparations(now: datetime) -> int:
    """Send again the preparations that no longer move, as after a lost broker; how many.

    Each is sent once in `STUCK_AFTER`, so that without a worker they do not pile up.
    """
    stuck = Campaign.objects.filter(
        status=Campaign.Status.PREPARING, prepared_at__lt=now - STUCK_AFTER
    )
    ids = list(stuck.values_list("pk", flat=True))
    Campaign.objects.filter(pk__in=ids).update(prepared_at=now)
    for campaign_id in ids:
        enqueue(Job.PREPARE_CAMPAIGN, campaign_id=campaign_id)
    return len(ids)
