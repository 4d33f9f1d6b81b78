"""The web application, for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synanno_server.settings")

application = get_wsgi_application()

# All views are loaded before gunicorn forks: its processes share them, and no request waits.
get_resolver().url_patterns  # noqa: B018 - a property that loads them

# What is loaded by now stays. Without this, Python looks through all of it for garbage every few
# hundred requests: one of them, and whoever waits behind it, then took 70 ms longer.
gc.collect()
gc.freeze()
