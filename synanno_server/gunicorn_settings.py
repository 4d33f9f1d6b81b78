"""gunicorn's own settings that no command line can hold: its lines are events like all others."""

from __future__ import annotations

from synanno_server.env import read_environment
from synanno_server.settings.logs import logging_config

_environment = read_environment()
logconfig_dict = logging_config(_environment.log_format, _environment.log_level)
