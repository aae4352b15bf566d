"""Catalogues of indicators: the one that an entity's chambers share, and each chamber's own."""
