"""The whole system on one machine, without any service installed.

``postgres`` and ``redis`` start the servers that come as wheels, ``roles`` prepares the
database, ``supervisor`` runs everything (``ciclo up``) and ``system`` gives other commands a
running system. Nothing here is imported by the two services.
"""
