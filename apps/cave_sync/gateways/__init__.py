"""CAVE's services. `annotation_service` loads caveclient (a second, 125 MB): only workers and
commands import it, where they use it."""
