"""A chamber as one document, and the document as columns: both ways, nothing lost."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.errors import Refusal
from services.api.tenants import repository
from shared.contracts.chamber import FORMAT, ChamberConfiguration, Publication
from shared.contracts.document_layout import Documents

_COLUMNS = {
    "entity": "entity_id",
    "title": "name",
    "short_title": "short_name",
    "ipa_code": "ipa_code",
    "tax_code": "tax_code",
    "region": "region",
    "colour": "colour",
    "logo_svg": "logo_svg",
    "valid_from": "valid_from",
    "valid_to": "valid_to",
    "successor": "successor",
}
"""Field of the document -> column."""

_SETTINGS = {
    "languages": "languages",
    # The name under which the rules of collecting data have always been kept.
    "calendar": "measurements",
    "policies": "policies",
    "retention": "retention",
    "publication": "publication",
    "documents": "documents",
    "signing": "signing",
}
"""Field of the document -> key in the column ``settings``."""


def document_of(row: sa.Row[Any], integrations: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """A stored chamber as a document; what was never set is absent."""
    document: dict[str, Any] = {"format": FORMAT, "code": row.chamber_id}
    for field, column in _COLUMNS.items():
        value = getattr(row, column)
        document[field] = value.isoformat() if hasattr(value, "isoformat") else value
    for field, key in _SETTINGS.items():
        if row.settings.get(key) is not None:
            document[field] = row.settings[key]
    document["integrations"] = list(integrations)
    return document


def configuration_of(
    row: sa.Row[Any], integrations: Sequence[Mapping[str, str]]
) -> ChamberConfiguration:
    """A stored chamber as its configuration, with every default."""
    return ChamberConfiguration.model_validate_json(json.dumps(document_of(row, integrations)))


def columns_of(configuration: ChamberConfiguration, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What is written of a configuration; other ``settings`` of the chamber stay."""
    document = configuration.document()
    values = {column: getattr(configuration, field) for field, column in _COLUMNS.items()}
    kept = {key: document[field] for field, key in _SETTINGS.items() if document[field] is not None}
    others = {key: value for key, value in settings.items() if key not in _SETTINGS.values()}
    return values | {"settings": others | kept}


async def read(session: ReadSession) -> ChamberConfiguration:
    """The configuration of the chamber of the session.

    Raises:
        Refusal: ``chamber_not_found``.
    """
    row = await repository.find_chamber(session)
    if row is None:
        raise Refusal("chamber_not_found")
    return configuration_of(row, await repository.declared_integrations(session))


async def publication(session: ReadSession) -> Publication:
    """What of persons the chamber of the session puts into documents.

    Raises:
        Refusal: ``chamber_not_found``.
    """
    return (await read(session)).publication


async def documents(session: ReadSession) -> Documents:
    """How the chamber of the session wants its documents.

    Raises:
        Refusal: ``chamber_not_found``.
    """
    return (await read(session)).documents
