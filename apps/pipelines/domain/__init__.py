"""What a network that fills masks through depth is given, and what it has to be like. Pure."""
