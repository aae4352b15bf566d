"""The rows of signatures."""
