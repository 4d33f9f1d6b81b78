"""manage.py under the name by which `./synanno manage` calls it, for its usage and hints."""

from __future__ import annotations

import os
import sys

from django.core.management import ManagementUtility
from django.db import InterfaceError, OperationalError

SHUTTING_DOWN = ("08", "57P")  # what PostgreSQL says of lost connections and of its own end


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synanno_server.settings")
    utility = ManagementUtility(["synanno manage", *sys.argv[1:]])
    utility.prog_name = "./synanno manage"  # of the whole; commands take the name given above
    try:
        utility.execute()
    except (OperationalError, InterfaceError) as error:
        if not _is_lost(error) or "--traceback" in sys.argv:
            raise
        reason = " ".join(str(error).split())
        sys.exit(
            f"The database does not answer (any more): {reason}\nA copy on this folder that is "
            "just stopping or was ended takes its database with it; try again in a moment. "
            "`--traceback` shows where it happened."
        )


def _is_lost(error: OperationalError | InterfaceError) -> bool:
    """Whether there is no connection (any more); a deadlock, say, is a mistake of the command."""
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(SHUTTING_DOWN)


if __name__ == "__main__":
    main()
