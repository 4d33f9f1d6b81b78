from django.apps import AppConfig


class CaveSyncConfig(AppConfig):
    name = "apps.cave_sync"
