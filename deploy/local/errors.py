"""What can keep the embedded system from running, told in one sentence to a person."""


class LocalSystemError(Exception):
    """The embedded system cannot do what was asked; the text says what to do about it."""
