"""`deliveries` is for everybody. The others ask CAVE, or read outcomes for a long time: workers and
commands import them, the web process never."""
