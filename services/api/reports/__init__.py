"""Reports: a frozen snapshot each, the job that renders it, and the signed PDF.

``service`` serves the callers of the public API, ``rendering`` the renderer (whose routes
are in ``internal``), ``snapshot`` freezes. The queue is filled by ``services.api.dispatch``.
"""
