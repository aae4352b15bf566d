"""Identifiers made by the application."""

import secrets
import time
import uuid


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): in order of creation, so lists can go by it.

    The 12 bits after the version hold the fraction of the millisecond (method 3 of section
    6.2): two events of one transaction keep their order.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= (rest << 12) // 1_000_000 << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return str(uuid.UUID(int=value))


def new_ids(count: int) -> list[str]:
    """Many at once, each after the one before; up to 4096."""
    milliseconds = f"{time.time_ns() // 1_000_000:012x}"
    head = f"{milliseconds[:8]}-{milliseconds[8:]}"
    random = secrets.token_hex(8 * count)
    tails = (random[at : at + 16] for at in range(0, 16 * count, 16))
    # The 12 bits after the version count; of the next hexadecimal digit two bits are fixed.
    return [
        f"{head}-7{number:03x}-{'89ab'[int(tail[0], 16) & 3]}{tail[1:4]}-{tail[4:]}"
        for number, tail in enumerate(tails)
    ]
