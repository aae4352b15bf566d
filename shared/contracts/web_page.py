"""What renderer and API agree on about the web page of a document.

The page is complete in itself and kept as it was made. Whoever serves it to people puts, in
place of the mark, what cannot be known when it is made: where else it is found, and whether
a later version has taken its place.
"""

MEDIA_TYPE = "text/html"

NOTICES_MARK = "<!--ciclo:avvisi-->"
"""Stands once in the body, before the header."""

NOTICES_CLASS = "notices"
"""Class of the element that takes the place of the mark; the page's style knows it."""

SNAPSHOT_META = "ciclo.snapshot"
"""Name of the ``meta`` element that holds the SHA-256 of the snapshot the page was made from."""
