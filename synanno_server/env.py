"""The environment: every setting of a deployment, typed, read in this one place.

`docs/settings.md` lists the same settings for people; a test compares the two.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from synanno_server import setting_values as parse
from synanno_server.setting_values import Network

T = TypeVar("T")

REPOSITORY = Path(__file__).resolve().parent.parent


class SettingError(ValueError):
    """A setting has a value that cannot be used; the message names the setting."""


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One environment variable: its name, its text default, how it is parsed, what it means."""

    name: str
    default: str
    parse: Callable[[str], T]
    meaning: str
    is_hidden: bool = False  # it is not shown where it cannot be used

    def read(self, environ: Mapping[str, str]) -> T:
        raw = environ.get(self.name, "") or self.default
        try:
            return self.parse(raw)
        except ValueError as error:
            if self.is_hidden:
                raise SettingError(f"{self.name} cannot be used: {error}.") from None
            raise SettingError(f"{self.name} is {raw!r}, which cannot be used: {error}.") from error


HOME = Setting(
    "SYNANNO_HOME",
    str(REPOSITORY / "var"),
    parse.folder,
    "Folder that holds all data of this copy: database, demo volume, logs, secrets.",
)
DATABASE_URL = Setting(
    "DATABASE_URL",
    "",
    parse.text,
    "PostgreSQL to use, `postgresql://user:password@host:5432/name`. Empty: the embedded server.",
)
REDIS_URL = Setting(
    "REDIS_URL",
    "",
    parse.text,
    "Redis or Valkey to use, `redis://host:6379/0`. Empty: the embedded server.",
)
SECRET_KEY = Setting(
    "SYNANNO_SECRET_KEY",
    "",
    parse.text,
    "Key that signs sessions. Empty: made once at random and kept in SYNANNO_HOME.",
)
SECRETS_KEYS = Setting(
    "SYNANNO_SECRETS_KEYS",
    "",
    parse.keys,
    "Keys, of 32 characters or more, that encrypt the logins of buckets and CAVE, separated by "
    "commas: the first encrypts, all decrypt. Empty: one is made at random and kept in "
    "SYNANNO_HOME.",
    is_hidden=True,
)
DEBUG = Setting(
    "SYNANNO_DEBUG", "0", parse.flag, "1 shows tracebacks in the browser. Never in public."
)
ALLOWED_HOSTS = Setting(
    "SYNANNO_ALLOWED_HOSTS",
    "localhost,127.0.0.1,[::1]",
    parse.items,
    "Host names that the web server answers to, separated by commas.",
)
TRUSTED_ORIGINS = Setting(
    "SYNANNO_TRUSTED_ORIGINS",
    "",
    parse.items,
    "Addresses with scheme from which forms are accepted behind a proxy, separated by commas.",
)
HTTPS = Setting(
    "SYNANNO_HTTPS",
    "0",
    parse.flag,
    "1 where people reach the server through https: cookies are then sent over https only.",
)
BIND = Setting("SYNANNO_BIND", "127.0.0.1", parse.text, "Address that the web server listens on.")
PORT = Setting(
    "SYNANNO_PORT", "8000", parse.positive, "Port of the web server; `--port` overrides it."
)
WEB_PROCESSES = Setting(
    "SYNANNO_WEB_PROCESSES", "2", parse.positive, "Processes that serve the web."
)
WEB_THREADS = Setting("SYNANNO_WEB_THREADS", "8", parse.positive, "Threads in each web process.")
WORKER_PROCESSES = Setting(
    "SYNANNO_WORKER_PROCESSES",
    "2",
    parse.positive,
    "Celery processes that read volumes and render.",
)
CUTOUT_MEMORY_MB = Setting(
    "SYNANNO_CUTOUT_MEMORY_MB",
    "512",
    parse.positive,
    "Memory limit of the embedded Redis, in MB; the oldest rendered cutouts make room for new.",
)
CUTOUT_TTL_S = Setting(
    "SYNANNO_CUTOUT_TTL_S",
    "86400",
    parse.positive,
    "Seconds that a rendered cutout is kept in Redis since it was made.",
)
CHUNK_CACHE_MB = Setting(
    "SYNANNO_CHUNK_CACHE_MB",
    "32",
    parse.whole,
    "Memory for the chunks of each open volume (six at most) in each Celery process, in MB.",
)
READ_TIMEOUT_S = Setting(
    "SYNANNO_READ_TIMEOUT_S",
    "20",
    parse.positive,
    "Seconds after which a read from a volume is given up and its tile is marked.",
)
PREFETCH_PAGES = Setting(
    "SYNANNO_PREFETCH_PAGES",
    "2",
    parse.whole,
    "Pages rendered ahead for each person who is at work in a campaign.",
)
LEASE_MINUTES = Setting(
    "SYNANNO_LEASE_MINUTES",
    "30",
    parse.positive,
    "Minutes that a page is held for a person since their last label, until the campaign has "
    "learned how long its pages take; and an instance that is mended since its person last drew.",
)
REQUESTS_PER_MINUTE = Setting(
    "SYNANNO_REQUESTS_PER_MINUTE",
    "3000",
    parse.whole,
    "Requests to the API that a person may send in a minute; 0: as many as they like.",
)
LOGIN_ATTEMPTS = Setting(
    "SYNANNO_LOGIN_ATTEMPTS",
    "10",
    parse.whole,
    "Wrong passwords for an account from one address, and ten times as many from that address for "
    "all, after which one waits up to ten minutes; 0: as many as they like.",
)
WEBHOOKS_TO_PRIVATE = Setting(
    "SYNANNO_WEBHOOKS_TO_PRIVATE",
    "0",
    parse.flag,
    "1 lets campaigns send webhooks to this machine and to private networks.",
)
VOLUME_ROOTS = Setting(
    "SYNANNO_VOLUME_ROOTS",
    "",
    parse.folders,
    "Folders under which `file://` volumes may lie, separated by commas; the demonstration's own, "
    "`demo` in SYNANNO_HOME, is always one. Empty: anywhere for commands on this machine; for what "
    "is named in the web, `volumes` and `demo` in SYNANNO_HOME.",
)
PRIVATE_NETWORKS = Setting(
    "SYNANNO_PRIVATE_NETWORKS",
    "",
    parse.networks,
    "Private networks and machines, as `10.1.0.0/16,127.0.0.1`, from which volumes and tables may "
    "be read, and where a CAVE may be. Empty: none.",
)
MACHINE_LOGINS = Setting(
    "SYNANNO_MACHINE_LOGINS",
    "0",
    parse.flag,
    "1 lends the logins of the account that runs the server (Google, AWS, CAVE) to all who may "
    "name volumes and tables.",
)
LARGEST_TABLE_MB = Setting(
    "SYNANNO_LARGEST_TABLE_MB",
    "51200",
    parse.positive,
    "Largest synapse table that is fetched from an address, in MB.",
)
CAVE_BATCH = Setting(
    "SYNANNO_CAVE_BATCH",
    "500",
    parse.batch,
    "Rows that are sent to CAVE at once, at most 1000; it takes about a second for 500.",
)
EXPORTS_DIR = Setting(
    "SYNANNO_EXPORTS_DIR",
    "",
    parse.folder_if_any,
    "Folder of the files that exports make, which web and workers share. Empty: `exports` in "
    "SYNANNO_HOME.",
)
EXPORT_DAYS = Setting(
    "SYNANNO_EXPORT_DAYS",
    "14",
    parse.positive,
    "Days after which the files of an export are deleted.",
)
EXPORTS_KEPT = Setting(
    "SYNANNO_EXPORTS_KEPT",
    "10",
    parse.positive,
    "Exports of a campaign whose files are kept; the oldest make room for new ones.",
)
DEPTH_UNET = Setting(
    "SYNANNO_DEPTH_UNET",
    "",
    parse.text,
    "Checkpoint of a 3-D U-Net that fills masks through depth: an ONNX file (docs/networks.md), "
    "which the workers read. Empty: this way to fill is not offered.",
)
DEPTH_UNET_THREADS = Setting(
    "SYNANNO_DEPTH_UNET_THREADS", "1", parse.positive, "Threads that compute that network."
)
LOG_FORMAT = Setting(
    "SYNANNO_LOG_FORMAT", "console", parse.log_format, "`json` (a line an event) or `console`."
)
LOG_LEVEL = Setting(
    "SYNANNO_LOG_LEVEL", "INFO", parse.log_level, "`DEBUG`, `INFO`, `WARNING` or `ERROR`."
)
CI = Setting(
    "CI",
    "",
    parse.is_set,
    "Set by build servers: a test that cannot run there then counts as failed.",
)

SETTINGS: tuple[Setting[object], ...] = tuple(
    value for value in dict(globals()).values() if isinstance(value, Setting)
)


@dataclass(frozen=True)
class Environment:
    """All settings of one process, parsed."""

    home: Path
    database_url: str
    redis_url: str
    secret_key: str
    secrets_keys: tuple[str, ...]
    debug: bool
    allowed_hosts: tuple[str, ...]
    trusted_origins: tuple[str, ...]
    https: bool
    bind: str
    port: int
    web_processes: int
    web_threads: int
    worker_processes: int
    cutout_memory_mb: int
    cutout_ttl_s: int
    chunk_cache_mb: int
    read_timeout_s: int
    prefetch_pages: int
    lease_minutes: int
    requests_per_minute: int
    login_attempts: int
    webhooks_to_private: bool
    volume_roots: tuple[Path, ...]
    private_networks: tuple[Network, ...]
    machine_logins: bool
    largest_table_mb: int
    cave_batch: int
    exports_dir: Path | None
    export_days: int
    exports_kept: int
    depth_unet: str
    depth_unet_threads: int
    log_format: str
    log_level: str
    ci: bool


def read_environment(environ: Mapping[str, str] | None = None) -> Environment:
    """Parse the settings of this process.

    Raises SettingError naming the first setting that cannot be used.
    """
    source = os.environ if environ is None else environ
    return Environment(
        home=HOME.read(source),
        database_url=DATABASE_URL.read(source),
        redis_url=REDIS_URL.read(source),
        secret_key=SECRET_KEY.read(source),
        secrets_keys=SECRETS_KEYS.read(source),
        debug=DEBUG.read(source),
        allowed_hosts=ALLOWED_HOSTS.read(source),
        trusted_origins=TRUSTED_ORIGINS.read(source),
        https=HTTPS.read(source),
        bind=BIND.read(source),
        port=PORT.read(source),
        web_processes=WEB_PROCESSES.read(source),
        web_threads=WEB_THREADS.read(source),
        worker_processes=WORKER_PROCESSES.read(source),
        cutout_memory_mb=CUTOUT_MEMORY_MB.read(source),
        cutout_ttl_s=CUTOUT_TTL_S.read(source),
        chunk_cache_mb=CHUNK_CACHE_MB.read(source),
        read_timeout_s=READ_TIMEOUT_S.read(source),
        prefetch_pages=PREFETCH_PAGES.read(source),
        lease_minutes=LEASE_MINUTES.read(source),
        requests_per_minute=REQUESTS_PER_MINUTE.read(source),
        login_attempts=LOGIN_ATTEMPTS.read(source),
        webhooks_to_private=WEBHOOKS_TO_PRIVATE.read(source),
        volume_roots=_with_demo(VOLUME_ROOTS.read(source), HOME.read(source)),
        private_networks=PRIVATE_NETWORKS.read(source),
        machine_logins=MACHINE_LOGINS.read(source),
        largest_table_mb=LARGEST_TABLE_MB.read(source),
        cave_batch=CAVE_BATCH.read(source),
        exports_dir=EXPORTS_DIR.read(source),
        export_days=EXPORT_DAYS.read(source),
        exports_kept=EXPORTS_KEPT.read(source),
        depth_unet=DEPTH_UNET.read(source),
        depth_unet_threads=DEPTH_UNET_THREADS.read(source),
        log_format=LOG_FORMAT.read(source),
        log_level=LOG_LEVEL.read(source),
        ci=CI.read(source),
    )


def _with_demo(roots: tuple[Path, ...], home: Path) -> tuple[Path, ...]:
    """The folders for volumes, and, where there are any, those of the demonstration: the one that
    it has and the one in which it is made."""
    return (*roots, home / "demo", home / ".demo.unfinished") if roots else ()


def child_environment(**settings: str) -> dict[str, str]:
    """The environment for a child process: this one's, with `settings` put over it."""
    return {**os.environ, **settings}


def put_settings(settings: Mapping[str, str]) -> None:
    """Set environment variables of this process, before Django reads its settings."""
    os.environ.update(settings)
