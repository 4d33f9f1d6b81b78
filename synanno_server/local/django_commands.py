"""manage.py under the name by which `./synanno manage` calls it, for its usage and hints."""

from __future__ import annotations

import os
import sys

from django.core.management import ManagementUtility


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synanno_server.settings")
    utility = ManagementUtility(["synanno manage", *sys.argv[1:]])
    utility.prog_name = "./synanno manage"  # of the whole; commands take the name given above
    utility.execute()


if __name__ == "__main__":
    main()
