"""A team of up to 200 people on Postgres: leases, submissions, latencies, and that nothing is lost.

A whole copy runs as in production, with a PostgreSQL of its own that writes each commit to disk;
Celery counts the verdicts meanwhile. Each person leases a page of 12 instances, judges it at once,
changes 3 labels, submits, and asks for the next; without a pause, but where the name of the run
says how often they begin a page.

"services": two processes do what the API calls for a request, on Postgres, without HTTP: 8 turns
at a time in each, as gunicorn's default processes and threads do. "HTTP": each turn is a request
to gunicorn, with login, permission, JSON and, for a lease, twelve middle slices from Redis. A turn
that has to wait for a free thread is slow: the wait counts. The people share the two cores with
the servers; the CPU time that was left to them is among the figures.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.result import BenchResult, Goal
from benchmarks.team_work import Done, Order
from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local.stack import Stack, running_stack

MANY, GOAL_PEOPLE = 200, 64
PEOPLE = (1, 8, GOAL_PEOPLE, MANY)
PROCESSES, THREADS = 2, 8
HTTP_PAGE_EVERY_S = 10.0
TURNS_GOAL, P95_GOAL_MS = 300.0, 150.0
ONCE, THRICE = "one person an instance", "three people an instance"
Figures = dict[str, float]


@dataclass(frozen=True)
class Effort:
    """Seconds of the short runs, and of those with everybody; sheets of the campaigns."""

    short_s: float
    long_s: float
    sheets_once: int
    sheets_thrice: int


@dataclass(frozen=True)
class Run:
    """One run."""

    campaign: str
    people: int
    seconds: float
    over_http: bool = False
    every_s: float = 0.0

    @property
    def name(self) -> str:
        how = "HTTP" if self.over_http else "services"
        pace = f", a page each {self.every_s:g} s" if self.every_s else ""
        thrice = f", {THRICE}" if self.campaign == THRICE else ""
        return f"{how}, {self.people} {'people' if self.people > 1 else 'person'}{pace}{thrice}"


def run(*, quick: bool) -> BenchResult:
    """Measure with a copy that is started for it."""
    if quick:
        return measure(Effort(0.8, 2.0, sheets_once=1_800, sheets_thrice=400))
    return measure(Effort(15.0, 60.0, sheets_once=60_000, sheets_thrice=15_000))


def measure(effort: Effort) -> BenchResult:
    """The bench with a given effort."""
    with _team_stack(effort) as team:
        figures = {one.name: team.do(one) for one in _runs(effort)}
        kept = [team.count(campaign) for campaign in (ONCE, THRICE)]
    return as_result(figures, {name: sum(one[name] for one in kept) for name in kept[0]})


def _runs(effort: Effort) -> list[Run]:
    seconds = [effort.long_s if people == MANY else effort.short_s for people in PEOPLE]
    sizes = list(zip(PEOPLE, seconds, strict=True))
    return [
        *(Run(ONCE, people, seconds) for people, seconds in sizes),
        Run(THRICE, MANY, effort.long_s),
        *(Run(ONCE, people, seconds, over_http=True) for people, seconds in sizes),
        Run(ONCE, MANY, effort.long_s, over_http=True, every_s=HTTP_PAGE_EVERY_S),
    ]


def as_result(figures: Mapping[str, Figures], kept: Mapping[str, int]) -> BenchResult:
    """The result of runs by name, and of counting what was kept in all of them."""
    turns = figures[f"services, {MANY} people"]["leases + submits/s"]
    goals = [Goal("leases + submits/s, services, 200 people", ">= 300", turns, turns >= TURNS_GOAL)]
    few = figures[f"services, {GOAL_PEOPLE} people"]
    for what in ("lease", "submit"):
        p95 = few[f"{what} p95, ms"]
        name = f"{what} p95, ms, services, {GOAL_PEOPLE} people"
        goals.append(Goal(name, "<= 150", p95, p95 <= P95_GOAL_MS))
    goals += [
        Goal("double assignments", "<= 0", kept["double"], kept["double"] <= 0),
        Goal("lost verdicts", "<= 0", kept["lost"], kept["lost"] <= 0),
    ]
    return BenchResult("team", {**figures, "kept": kept}, goals)


class Helper:
    """A process inside the copy's Django, which calls functions of `team_services`."""

    def __init__(self, stack: Stack) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.team_services"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env=child_environment(**stack.settings),
            text=True,
        )

    def tell(self, function: str, **arguments: Any) -> None:
        """Have it call a function; `hear` gives what comes of it."""
        pipe = _pipe(self.process.stdin)
        pipe.write(json.dumps([function, arguments]) + "\n")
        pipe.flush()

    def hear(self) -> Any:
        line = _pipe(self.process.stdout).readline()
        if not line:
            raise RuntimeError("a process of the bench ended; what it printed says why")
        return json.loads(line)

    def call(self, function: str, **arguments: Any) -> Any:
        self.tell(function, **arguments)
        return self.hear()

    def close(self) -> None:
        _pipe(self.process.stdin).close()
        self.process.wait()


class Team:
    """The people at work on a running copy, in some processes."""

    def __init__(
        self, stack: Stack, helpers: Sequence[Helper], campaigns: Mapping[str, int], team: Any
    ) -> None:
        self._stack = stack
        self._helpers = helpers
        self._campaigns = campaigns
        self._team = team | {"host": urlsplit(stack.address).netloc}
        self._keys: dict[str, list[str]] = {name: [] for name in campaigns}
        self._submitted = dict.fromkeys(campaigns, 0)

    def do(self, run: Run) -> Figures:
        """Do a run, and give its figures."""
        before, began = self._cpu_s(), time.perf_counter()
        for number, helper in enumerate(self._helpers):
            people = list(range(number, run.people, PROCESSES))
            order = Order(
                campaign=self._campaigns[run.campaign],
                people=people,
                threads=len(people) if run.over_http else THREADS,
                seconds=run.seconds,
                every_s=run.every_s,
                over_http=run.over_http,
            )
            helper.tell("do_run", order=asdict(order), **self._team)
        parts = [Done(**helper.hear()) for helper in self._helpers]
        seconds = time.perf_counter() - began
        spent = {name: now - before[name] for name, now in self._cpu_s().items()}
        for helper in self._helpers:
            helper.tell("end_run")
        for part in [*parts, *(Done(**helper.hear()) for helper in self._helpers)]:
            self._keys[run.campaign] += part.keys
            self._submitted[run.campaign] += len(part.submit_ms)
        return summary(parts, seconds, spent)

    def count(self, campaign: str) -> dict[str, int]:
        """Double assignments and lost verdicts in all runs on a campaign."""
        counted: dict[str, int] = self._helpers[0].call(
            "count",
            campaign=self._campaigns[campaign],
            keys=self._keys[campaign],
            submitted=self._submitted[campaign],
        )
        return counted

    def _cpu_s(self) -> dict[str, float]:
        """CPU time spent since the machine started, by whom."""
        children = self._stack.children()
        spent = {name: _tree_cpu_s(psutil.Process(children[name])) for name in children}
        people = [psutil.Process(helper.process.pid) for helper in self._helpers]
        spent["people"] = sum(map(_tree_cpu_s, people))
        machine = psutil.cpu_times()
        spent["others"] = machine.user + machine.nice + machine.system - sum(spent.values())
        return spent


def _pipe(stream: Any) -> Any:
    if stream is None:
        raise ValueError("the process was started without a pipe")
    return stream


def _tree_cpu_s(root: psutil.Process) -> float:
    """CPU time of a process and its children, with those that have ended."""
    spent = 0.0
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            spent += sum(process.cpu_times()[:4] if process is root else process.cpu_times()[:2])
    return spent


def summary(parts: Sequence[Done], seconds: float, spent: Mapping[str, float]) -> Figures:
    """Rates, latencies and CPU time of one run; `spent`: CPU seconds by whom."""
    leases = [ms for part in parts for ms in part.lease_ms]
    submits = [ms for part in parts for ms in part.submit_ms]
    pages = max(1.0, (len(leases) + len(submits)) / 2)  # some are leased and not submitted yet
    return {
        "leases/s": len(leases) / seconds,
        "submits/s": len(submits) / seconds,
        "leases + submits/s": (len(leases) + len(submits)) / seconds,
        **_latencies("lease", leases),
        **_latencies("submit", submits),
        "people's CPU, ms a page": spent["people"] * 1e3 / pages,
        "web CPU, ms a page": spent["web"] * 1e3 / pages,
        "Celery CPU, ms a page": spent["worker"] * 1e3 / pages,
        "Postgres CPU, ms a page": spent["postgres"] * 1e3 / pages,
        "cores taken by other programs": max(0.0, spent["others"] / seconds),
        "seconds": seconds,
    }


def _latencies(what: str, times_ms: Sequence[float]) -> Figures:
    cuts = quantiles(times_ms, n=100, method="inclusive") if len(times_ms) > 1 else [0.0] * 99
    return {f"{what} p{n}, ms": cuts[n - 1] for n in (50, 95, 99)}


@contextlib.contextmanager
def _team_stack(effort: Effort) -> Iterator[Team]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="synanno-bench-")))
        folder.chmod(0o711)  # The database may run under an account that must pass through.
        copy = stack.enter_context(running_stack(folder / "home"))
        helpers = [Helper(copy) for _ in range(PROCESSES)]
        for helper in helpers:
            stack.callback(helper.close)
        team = helpers[0].call("make_team", people=MANY)
        sheets = {ONCE: (effort.sheets_once, 1), THRICE: (effort.sheets_thrice, 3)}
        campaigns = {
            name: helpers[0].call(
                "make_campaign", name=name, folder=str(folder), sheets=count, passes=passes
            )
            for name, (count, passes) in sheets.items()
        }
        yield Team(copy, helpers, campaigns, team)
