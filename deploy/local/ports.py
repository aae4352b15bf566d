"""Loopback ports."""

import socket

LOOPBACK = "127.0.0.1"

USUAL_PORT = 8420
"""Where ``ciclo up`` serves the API unless told otherwise."""


def free_port() -> int:
    """A port that was free a moment ago; whoever binds it must be ready to lose the race."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def in_use(host: str, port: int) -> bool:
    """Whether something listens on (or blocks) this port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
        return False
