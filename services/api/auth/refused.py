"""Why a credential is not accepted: for the log, never for its bearer."""


class TokenRefusedError(Exception):
    """The credential is not one we accept.

    ``reason`` is a stable word for the administrator who reads the log.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
