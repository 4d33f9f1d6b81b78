"""The page of what a campaign delivers to CAVE. What is done there goes through the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, may
from apps.cave_sync.domain.deliveries import USUAL, USUAL_SCHEMA, USUAL_WORDS, Kind, Source, Taken
from apps.cave_sync.domain.places import in_nm
from apps.cave_sync.models import Delivery, OutboxRow, RootPull
from apps.cave_sync.selectors import (
    Counts,
    changes_of,
    counts_of,
    deliveries_of,
    delivery_of,
    failed_rows,
    fates_of,
    latest_pull,
    latest_run,
)
from apps.core.sentences import with_labels, without_name
from apps.core.templatetags.times import day
from apps.datasets.models import Secret
from apps.datasets.selectors.secrets import cave_secrets_for, cave_secrets_kept_by
from apps.proofreading.managing_views import sections_of
from apps.proofreading.selectors import categories_of

GLOBAL_SERVER = "https://global.daf-apis.com"
_FAILED_SHOWN = 10
_CHANGES_SHOWN = 10
# The schemas that the page offers, with the fields that are filled; the API takes others as well.
_SCHEMAS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.SYNAPSES: {
        "synapse": ("size",),
        "nocleft_synapse": ("score",),
        "nocenter_synapse": ("size",),
        "fly_synapse": ("connection_score", "cleft_score"),
    },
    Kind.VERDICTS: {"reference_synapse_valid": (), "reference_tag": (), "reference_integer": ()},
    Kind.CATEGORIES: {"reference_tag": ()},
}
_SAID_IN = {
    "reference_synapse_valid": "is_valid",
    "reference_tag": "tag",
    "reference_integer": "value",
}
_SOURCES = {
    Source.SIZE: "the table's size",
    Source.SCORE: "the table's score",
    Source.P_CORRECT: "how sure it is to be correct",
    Source.VOTES: "the number of votes",
    Source.CONSTANT: "always the same",
}
_TAKEN = {
    Taken.MENDED: "that were mended",
    Taken.FINE: "that revisers found fine as they are",
    Taken.CORRECT: "that were judged correct",
    Taken.ADDED: "that were missed before, and added",
}
_TITLES = {Kind.SYNAPSES: "Synapses", Kind.VERDICTS: "Verdicts", Kind.CATEGORIES: "Errors"}
_ABOUT = {
    Kind.SYNAPSES: "A row is a synapse that was mended, added, or found to be correct, with its "
    "points.",
    Kind.VERDICTS: "A row says of a synapse of the lab's own table what it is: correct, incorrect "
    "or unsure.",
    Kind.CATEGORIES: "A row is an error that was named of a synapse of the lab's own table.",
}
_OUTCOMES = {
    "settled": "judged",
    "fine": "found fine",
    "no_synapse": "no synapse",
    "unmendable": "cannot be mended",
}
_STANDING = {
    Delivery.State.CHECKING: ("being tried", ""),
    Delivery.State.PAUSED: ("paused", "Nothing is sent until it is started again."),
    Delivery.State.FAILED: (
        "failed",
        "Nothing is sent until the cause is mended and it is started again.",
    ),
}
_TRY_FIRST = (
    "Nothing is sent yet. Try it first: CAVE is asked whether it can be so, and you see what would "
    "be sent. Nothing is written there."
)
# What the form calls the fields of a delivery, and so do the sentences on what is wrong with one.
_LABELS = {
    "secret": "Token of CAVE",
    "server": "Server",
    "datastack": "Datastack",
    "table": "Table",
    "reference_table": "The lab's table of synapses",
    "resolution": "Its voxels",
    "schema": "Schema",
    "fillings": "What fills its fields",
    "words": "What each is called",
    "every_minutes": "Minutes between syncs",
}
_FIRST = ("target_id", "pre_pt", "post_pt", "ctr_pt")  # what one looks at first


@dataclass(frozen=True)
class Shown:
    """A delivery as its card shows it. failed: sentences, each with the ids of the synapses of
    which it was said."""

    delivery: Delivery
    title: str
    state: str
    hint: str
    rhythm: str
    counts: Counts
    run: Any
    failed: list[tuple[str, list[str]]]
    shown_failed: int
    pull: RootPull | None
    fates: dict[str, int]
    changes: list[Any]
    problems: list[str]
    columns: list[str]
    rows: list[list[str]]


@require_safe
@never_cache
@login_required
def cave(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The deliveries of a campaign; `?new=KIND` shows the form of a new one, `?change=ID` that of
    one that is there."""
    campaign = campaign_for(request.user, campaign_id, Action.EXPORT)
    deliveries = [shown(one) for one in deliveries_of(campaign)]
    manages = may(request.user, campaign, Action.MANAGE)
    context = {
        "campaign": campaign,
        "sections": sections_of(campaign).items() if manages else (),
        "section": "cave",
        "deliveries": deliveries,
        "kinds": [(kind.value, title, _ABOUT[kind]) for kind, title in _TITLES.items()],
        "manages": manages,
        "form": _form(request, campaign) if manages else None,
        "server": GLOBAL_SERVER,
        **(_tokens(request.user) if manages else {}),
    }
    return render(request, "cave_sync/cave.html", context)


def _tokens(user: User) -> dict[str, Any]:
    """The tokens that somebody may name, each with whether it is theirs to replace; and for whom
    they may keep others."""
    kept = set(cave_secrets_kept_by(user).values_list("pk", flat=True))
    found = cave_secrets_for(user).select_related("created_by").defer("sealed")
    teams, keeps_own = list(user.teams.order_by("name")), user.is_staff or user.is_superuser
    return {
        "tokens": [(one, _about_token(one, user), one.pk in kept) for one in found],
        "teams": teams,
        "keeps_own": keeps_own,
        "may_keep_tokens": keeps_own or bool(teams),
    }


def _about_token(token: Secret, user: User) -> str:
    """Whose it is, where it goes, and since when."""
    owner = token.created_by
    parts = [f"of the team {token.team.name}"] if token.team else []
    if not parts and owner == user:
        parts.append("yours alone")
    if token.server:
        parts.append(f"for {token.server} alone")
    at, what = (token.replaced_at, "replaced") if token.replaced_at else (token.created_at, "kept")
    by = f" by {owner.username}" if owner else ""
    parts.append(format_html("{} {}{}", what, day(at), by))
    return format_html_join(", ", "{}", ((part,) for part in parts))


def shown(delivery: Delivery) -> Shown:
    """With its counts and its last run."""
    counts, run, pull = counts_of(delivery), latest_run(delivery), latest_pull(delivery)
    failed = list(failed_rows(delivery, _FAILED_SHOWN)) if counts.failed else []
    changes = list(changes_of(delivery)[:_CHANGES_SHOWN]) if pull else []
    columns, rows = _found_rows(delivery)
    state, hint = _standing(delivery, is_syncing=run is not None and run.finished_at is None)
    return Shown(
        delivery=delivery,
        title=_TITLES[Kind(delivery.kind)],
        state=state,
        hint=hint,
        rhythm=_rhythm(delivery.every_minutes),
        counts=counts,
        run=run,
        failed=_by_reason(failed),
        shown_failed=len(failed),
        pull=pull,
        fates=fates_of(delivery) if changes and delivery.reopens_changed else {},
        changes=changes,
        problems=[
            with_labels(one["sentence"], one["field"], _LABELS)
            for one in delivery.found.get("problems", ())
        ],
        columns=columns,
        rows=rows,
    )


def _standing(delivery: Delivery, *, is_syncing: bool) -> tuple[str, str]:
    """How it stands in a word or two, and what can be done next."""
    if delivery.state == Delivery.State.FAILED and delivery.is_checked and delivery.missing:
        return "failed", "Nothing is sent until what is missing has been sent again."
    if delivery.state in _STANDING:
        return _STANDING[Delivery.State(delivery.state)]
    if delivery.state == Delivery.State.ACTIVE:
        return ("syncing" if is_syncing else "running"), ""
    if delivery.is_checked:
        return "ready to start", "Nothing is sent yet."
    if delivery.checked_revision == delivery.revision:
        return "cannot be started", "Change what is wrong, and try again."
    return "not tried yet", _TRY_FIRST


def _rhythm(minutes: int | None) -> str:
    """When it is synced, as people say it."""
    if minutes is None:
        return "when somebody asks"
    units = ((10_080, "week"), (1_440, "day"), (60, "hour"), (1, "minute"))
    count, unit = next((minutes // size, unit) for size, unit in units if minutes % size == 0)
    return f"every {unit}" if count == 1 else f"every {count:,} {unit}s"


def _by_reason(failed: Iterable[OutboxRow]) -> list[tuple[str, list[str]]]:
    """Each reason once, with the synapses; one that names its synapse itself has none."""
    found: dict[str, list[str]] = {}
    for row in failed:
        named = found.setdefault(row.error, [])
        if row.digest:
            source_id = str(row.instance.source_id)
            named.append(f"{source_id} ({row.part})" if row.part else source_id)
    return list(found.items())


def _found_rows(delivery: Delivery) -> tuple[list[str], list[list[str]]]:
    """The rows that a dry run shows, with the names of their columns."""
    rows = delivery.found.get("rows", [])
    names = sorted(rows[0]["values"] if rows else (), key=_place)
    cells = [
        [
            str(row["source_id"]),
            _OUTCOMES.get(row["state"], row["state"]),
            *(_cell(row["values"][name]) for name in names),
        ]
        for row in rows
    ]
    return ["Synapse", "Outcome", *names], cells


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value}"


def _form(request: PersonRequest, campaign: Campaign) -> dict[str, Any] | None:
    """What the form shows; None where none is wanted."""
    delivery, text = None, request.GET.get("change", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        delivery = delivery_of(campaign, int(text))
    word = delivery.kind if delivery is not None else request.GET.get("new", "")
    if word not in list(Kind):
        return None
    kind = Kind(word)
    secrets = list(cave_secrets_for(request.user))
    if delivery is not None and delivery.secret not in secrets:
        secrets.append(delivery.secret)
    size = campaign.table.resolution
    return {
        "delivery": delivery,
        "labels": _LABELS,
        "kind": kind.value,
        "title": _TITLES[kind],
        "about": _ABOUT[kind],
        "errors": _problems_by_field(delivery),
        "secrets": secrets,
        "server": _server(delivery, secrets),
        "schema": delivery.schema if delivery else USUAL_SCHEMA[kind],
        "schemas": _schemas(kind, delivery),
        "resolution": zip("xyz", delivery.resolution if delivery else tuple(size), strict=True),
        "from_cave": delivery is None or delivery.resolution_from_cave,
        "voxels_read": _voxels_read(delivery),
        "taken": [
            (one.value, words, delivery is None or one.value in delivery.taken)
            for one, words in _TAKEN.items()
        ],
        "sources": [(one.value, words) for one, words in _SOURCES.items()],
        "categories": _categories(campaign, kind, delivery),
    }


def _problems_by_field(delivery: Delivery | None) -> dict[str, str]:
    """What the last dry run found wrong, for the form that mends it."""
    found: dict[str, str] = {}
    for problem in delivery.found.get("problems", ()) if delivery is not None else ():
        name = problem["field"]
        sentence = without_name(problem["sentence"], name)
        found[name] = f"{found.get(name, '')} {sentence}".lstrip()
    return found


def _voxels_read(delivery: Delivery | None) -> str:
    """How large its voxels were found to be when it was tried; "" where that was not asked."""
    was_tried = delivery is not None and delivery.checked_revision == delivery.revision
    if delivery is None or not was_tried or not delivery.resolution_from_cave:
        return ""
    return in_nm(delivery.resolution)


def _server(delivery: Delivery | None, secrets: Sequence[Secret]) -> str:
    if delivery is not None:
        return delivery.server
    return (secrets[0].server if secrets else "") or GLOBAL_SERVER


def _schemas(kind: Kind, delivery: Delivery | None) -> list[dict[str, Any]]:
    """Of each schema that is offered: its fields with what fills them, and the words of labels."""
    found = []
    for name, fields in _SCHEMAS[kind].items():
        is_chosen = delivery is not None and delivery.schema == name
        fillings = delivery.fillings if delivery is not None and is_chosen else {}
        given = delivery.words if delivery is not None and is_chosen else {}
        said_in = _SAID_IN.get(name, "")
        usual = USUAL_WORDS.get(said_in, {}) if kind is Kind.VERDICTS else {}
        found.append(
            {
                "name": name,
                "fields": [(field, *_filling(fillings.get(field), field)) for field in fields],
                "words": [(label, given.get(label, word)) for label, word in usual.items()],
                "said_in": said_in,
            }
        )
    return found


def _filling(given: dict[str, Any] | None, field: str) -> tuple[str, Any]:
    if given is not None:
        return given["source"], given.get("otherwise")
    return USUAL[field].source.value, USUAL[field].otherwise


def _categories(
    campaign: Campaign, kind: Kind, delivery: Delivery | None
) -> list[tuple[str, str, str]]:
    """Key, title and tag of each category that the campaign offers."""
    if kind is not Kind.CATEGORIES:
        return []
    words = delivery.words if delivery is not None else {}
    return [
        (one.key, one.title, words.get(one.key, one.key) or "") for one in categories_of(campaign)
    ]
