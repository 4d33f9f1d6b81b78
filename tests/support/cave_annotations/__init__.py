"""A stand-in for CAVE's annotation engine with what belongs to it, as a process of its own:
`python -m tests.support.cave_annotations --port-file FILE`.

It behaves as the real services were measured to. `running` starts it for a test.
"""
