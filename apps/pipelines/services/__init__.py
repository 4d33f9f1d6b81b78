"""Runs of networks. Celery workers call these; the web process never imports them."""
