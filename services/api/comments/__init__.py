"""Talking about texts while they are written: threads that are opened, answered, resolved."""
