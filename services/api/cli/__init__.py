"""``ciclo``: the command line, one module per command, composed in ``main``.

Commands speak to the API over HTTP like any other client; only ``up``, ``down``, ``token``
and the ``--data`` option know the embedded system (``deploy.local``).
"""
