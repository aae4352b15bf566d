"""Identifiers made by the application."""

import secrets
import time
import uuid


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): in order of creation, so lists can go by it."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return str(uuid.UUID(int=value))
