"""What panels of the whole campaign say: figures as JSON, with a sentence where there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from apps.core.times import told_day
from apps.evaluation.domain.accuracy import Share
from apps.evaluation.domain.agreement import Agreement, PairAgreement
from apps.evaluation.domain.forecast import (
    FEWEST_DAYS,
    FEWEST_HOURS,
    FEWEST_VOTES,
    Forecast,
    ForecastState,
)
from apps.evaluation.domain.kinds import KindCount
from apps.evaluation.domain.places import Cluster, Map
from apps.evaluation.domain.steps import Steps
from apps.evaluation.domain.votes import (
    DISPUTED,
    INCORRECT,
    SETTLED,
    STATES,
    Floats,
    Items,
    Votes,
)
from apps.proofreading.domain import NO_KIND, NO_KIND_TITLE
from apps.proofreading.selectors.overturns import Overturns

Body = dict[str, Any]
Names = Mapping[int, str]

NO_VOTES = "Nobody has judged anything yet."


def progress_body(
    items: Items,
    votes: Votes,
    submitted: Floats,
    pages: int,
    needed: int,
    forecast: Forecast,
    steps: Steps | None,
) -> Body:
    """Where the instances stand, how it came to that, and when it will be done."""
    counts = np.bincount(items.state, minlength=len(STATES))
    settled_at = items.settled_at[items.state == SETTLED]
    return {
        "instances": len(items),
        "states": {state: int(n) for state, n in zip(STATES, counts, strict=True)},
        "labels": _settled_labels(items),
        "pages_done": len(submitted),
        "pages_total": pages,
        "votes": len(votes),
        "votes_needed": needed,
        "series": _series(votes.at, settled_at, submitted, steps),
        "forecast": forecast_body(forecast, int(counts[DISPUTED])),
    }


def _settled_labels(items: Items) -> Body:
    settled = items.label[items.state == SETTLED]
    return {
        "correct": int((settled == 0).sum()),
        "incorrect": int((settled == INCORRECT).sum()),
    }


def _series(voted: Floats, settled: Floats, submitted: Floats, steps: Steps | None) -> Body:
    """Counts up to the end of each step."""
    if steps is None:
        return {"step": "day", "ends": [], "votes": [], "settled": [], "pages": []}
    upto = steps.edges[1:]
    counted = {"votes": voted, "settled": settled, "pages": submitted}
    return {
        "step": steps.name,
        "ends": upto.astype(int).tolist(),
        **{
            name: np.searchsorted(np.sort(at), upto, side="left").tolist()
            for name, at in counted.items()
        },
    }


def forecast_body(forecast: Forecast, disputed: int = 0) -> Body:
    """The forecast; `sentence` says it, or why there is none."""
    return {
        "state": forecast.state,
        "step": forecast.step,
        "history": forecast.history,
        "votes_per_day": forecast.per_day,
        "median": forecast.median,
        "low": forecast.low,
        "high": forecast.high,
        "sentence": _forecast_sentence(forecast, disputed),
    }


_NO_FORECAST = {
    ForecastState.EMPTY: "There is no instance to judge yet.",
    ForecastState.TOO_EARLY: (
        f"Too early for a forecast: it needs {FEWEST_VOTES} votes and {FEWEST_HOURS} whole hours "
        f"since work began, or began again after four idle weeks ({FEWEST_DAYS} days are better)."
    ),
    ForecastState.STALLED: "No forecast: nobody has voted in the last four weeks.",
}


def _forecast_sentence(forecast: Forecast, disputed: int) -> str:
    if forecast.state in _NO_FORECAST:
        return _NO_FORECAST[forecast.state]
    if forecast.state is ForecastState.DONE:
        if disputed:
            return f"Annotators are done; {_number(disputed, 'instance')} wait for an expert."
        return "Everything is settled."
    if forecast.state is ForecastState.FAR or forecast.median is None or forecast.low is None:
        return "At the present pace it takes years."
    latest = _date(forecast.high) if forecast.high is not None else "years from now"
    return (
        f"Done about {_date(forecast.median)}; four times in five between {_date(forecast.low)} "
        f"and {latest}."
    )


def _date(at: float) -> str:
    return told_day(datetime.fromtimestamp(at, UTC))


def _number(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def agreement_body(agreement: Agreement, names: Names) -> Body:
    """Agreement beyond chance of everybody and of each two people."""
    return {
        "sentence": _agreement_sentence(agreement),
        "instances": agreement.items,
        "votes": agreement.votes,
        "observed": agreement.observed,
        "krippendorff_alpha": agreement.alpha,
        "fleiss_kappa": agreement.fleiss,
        "fleiss_instances": agreement.fleiss_items,
        "fleiss_votes": agreement.fleiss_votes,
        "pairs": [_pair(pair, names) for pair in agreement.pairs],
        "pairs_in_all": agreement.pairs_in_all,
    }


def _pair(pair: PairAgreement, names: Names) -> Body:
    return {
        "first": pair.first,
        "first_name": names.get(pair.first, ""),
        "second": pair.second,
        "second_name": names.get(pair.second, ""),
        "instances": pair.items,
        "agreed": pair.agreed,
        "cohen_kappa": pair.kappa,
        "low": pair.low,
        "high": pair.high,
    }


def _agreement_sentence(agreement: Agreement) -> str:
    if not agreement.items:
        return "No agreement can be measured: no instance has been judged by two people yet."
    if agreement.alpha is None:
        return (
            "Everybody gave one and the same label, so agreement cannot be told from chance: "
            "there is no kappa and no alpha."
        )
    return ""


def kinds_body(counts: Sequence[KindCount], titles: Mapping[str, str]) -> Body:
    """How often each kind of error is named."""
    total = sum(count.votes + count.items for count in counts)
    return {
        "sentence": "" if total else "Nobody has called an instance incorrect yet.",
        "kinds": [
            {
                "key": count.kind,
                "title": title_of(count.kind, titles),
                "votes": count.votes,
                "instances": count.items,
            }
            for count in counts
        ],
    }


def title_of(kind: str, titles: Mapping[str, str]) -> str:
    return titles.get(kind, kind) if kind != NO_KIND else NO_KIND_TITLE


def overturns_body(rows: Sequence[Overturns]) -> Body:
    """How often experts decide otherwise than most annotators, by kind of error."""
    return {
        "sentence": "" if rows else "No expert has decided a disputed instance yet.",
        "kinds": [
            {
                "key": row.kind,
                "title": row.title,
                "overturned": row.overturned,
                "upheld": row.instances - row.undecided - row.overturned,
                "even": row.undecided,
                "rate": share_body(Share(row.overturned, row.instances - row.undecided)),
            }
            for row in rows
        ],
    }


def share_body(share: Share) -> Body:
    """A share with its 95 % interval; None where there is nothing to share."""
    low, high = share.interval or (None, None)
    return {"n": share.n, "right": share.right, "share": share.value, "low": low, "high": high}


def places_body(
    maps: Sequence[Map], found: Sequence[Cluster], errors: Share, *, has_votes: bool
) -> Body:
    """Where the errors are: projections, and blocks with many more than elsewhere."""
    return {
        "sentence": "" if errors.right else _no_errors(errors, has_votes=has_votes),
        "judged": errors.n,
        "errors": errors.right,
        "maps": [
            {
                "plane": one.plane,
                "low_nm": one.low,
                "high_nm": one.high,
                "judged": one.judged.tolist(),
                "errors": one.errors.tolist(),
            }
            for one in maps
        ],
        "clusters": [
            {"low_nm": one.low, "high_nm": one.high, **share_body(one.errors)} for one in found
        ],
    }


def _no_errors(settled: Share, *, has_votes: bool) -> str:
    if settled.n:
        return "No instance is settled as incorrect so far."
    return "No instance is settled so far." if has_votes else NO_VOTES
