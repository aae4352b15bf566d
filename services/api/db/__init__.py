"""The only package that talks to PostgreSQL.

``tables`` holds the schema, one module per aggregate. ``session`` holds the two kinds of
transaction (:class:`~services.api.db.session.ReadSession`,
:class:`~services.api.db.session.WriteSession`), each opened for a set of chambers: no
chambers, no rows. ``migrate`` brings a database up to date as the owner role. SQL outside
this package is found only in the ``repository.py`` of a feature.
"""
