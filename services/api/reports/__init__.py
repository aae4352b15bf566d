"""Reports: a frozen snapshot each, its document, and the moves from draft to publication.

``service`` is for those who ask, ``moves`` for those who decide, ``snapshot`` freezes.
"""
