"""Secrets that messages to a subscriber are signed with: sealed at rest."""

from datetime import datetime

from services.api.db.session import ReadSession, WriteSession
from services.api.ids import new_id
from services.api.integrations import credentials
from services.api.subscriptions import repository
from shared.runtime.settings import ApiSettings
from shared.runtime.webhooks import new_secret


async def issue(
    settings: ApiSettings, session: WriteSession, subscription_id: str, now: datetime
) -> tuple[str, str]:
    """A new secret, stored sealed: its id, and itself in the clear.

    Raises:
        Refusal: ``not_ready`` where no key to seal with is configured.
    """
    secret, secret_id = new_secret(), new_id()
    sealed = credentials.seal(settings, session.chamber, _holder(subscription_id), secret)
    await repository.insert_secret(session, subscription_id, secret_id, sealed, now)
    return secret_id, secret


async def opened(
    settings: ApiSettings, session: ReadSession, subscription_id: str, now: datetime
) -> list[str]:
    """The secrets that are valid now, in the clear."""
    rows = await repository.secrets(session, subscription_id, now)
    return credentials.opened_secrets(settings, session.chamber, _holder(subscription_id), rows)


def _holder(subscription_id: str) -> str:
    # The code of an integration has no slash: what is sealed for one opens for no other.
    return f"subscription/{subscription_id}"
