"""How a campaign goes: progress, agreement, how people judge, where the errors are."""
