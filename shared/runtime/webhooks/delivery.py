"""What every signature profile shares: a message, its identity once trusted, the seam itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

TOLERANCE = timedelta(seconds=300)
"""How far the clock of the sender may be from ours; the figure of Standard Webhooks."""

# A full stop would make the text that Standard Webhooks signs readable in two ways.
MESSAGE_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,256}")


class SignatureRefusedError(Exception):
    """The message is not from who it says, or not from now.

    The reason is for the log: a sender that is told how close it came learns to forge.
    """

    code = "signature_refused"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it came: header names in lower case, the body untouched."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class VerifiedDelivery:
    """Identity of a message whose signature holds, and when it was sent."""

    message_id: str
    sent_at: datetime


class WebhookVerifier(Protocol):
    """Tells whether a message is from somebody who holds a key of the integration."""

    def verify(self, delivery: Delivery, now: datetime) -> VerifiedDelivery:
        """Identity of the message.

        Raises:
            SignatureRefusedError: it is not to be trusted.
        """
        ...
