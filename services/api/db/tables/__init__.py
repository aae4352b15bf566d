"""The schema: one module per aggregate. Importing this package fills the metadata."""

from services.api.db.base import metadata
from services.api.db.tables import (
    archives,
    audit,
    catalogue,
    evidence,
    identities,
    integrations,
    measurements,
    plans,
    reconciliations,
    reports,
    requests,
    retention,
    statements,
    subscriptions,
    tenants,
    validation,
    versions,
)

__all__ = [
    "archives",
    "audit",
    "catalogue",
    "evidence",
    "identities",
    "integrations",
    "measurements",
    "metadata",
    "plans",
    "reconciliations",
    "reports",
    "requests",
    "retention",
    "statements",
    "subscriptions",
    "tenants",
    "validation",
    "versions",
]
