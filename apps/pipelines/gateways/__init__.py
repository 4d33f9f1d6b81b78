"""What runs networks."""
