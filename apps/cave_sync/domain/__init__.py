"""What is sent to CAVE, by rules that know no CAVE."""
