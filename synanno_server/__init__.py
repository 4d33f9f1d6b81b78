VERSION = "0.1.0"  # of the software; that of pyproject.toml
