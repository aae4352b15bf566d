"""What both services import; imports neither."""
