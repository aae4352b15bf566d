"""Data of which a version never came, as a condition of statements."""

import sqlalchemy as sa

from services.api.db.tables.integrations import integrations
from services.api.db.tables.measurements import measurements


def lacks_a_version() -> sa.ColumnElement[bool]:
    """Of a row of ``measurements``: a version never came, and its sender counts them.

    :func:`shared.domain.source_versions.missing` tells which. ``ix_measurements_gaps`` has these
    rows; the literals are those of its predicate.
    """
    seen, settings = measurements.c.versions_seen, integrations.c.settings
    between = seen.op("LIKE")(sa.literal_column("'%,%'"))
    first = seen.op("!~")(sa.literal_column("'^[01](,|-|$)'"))
    of_the_sender = sa.exists().where(
        integrations.c.chamber_id == measurements.c.chamber_id,
        integrations.c.integration_id == measurements.c.versions_by,
        sa.func.coalesce(settings["consecutive_versions"].as_boolean(), sa.true()),
        sa.or_(between, sa.func.coalesce(settings["versions_from_start"].as_boolean(), sa.true())),
    )
    return sa.and_(sa.or_(between, first), of_the_sender)
