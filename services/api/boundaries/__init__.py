"""How far a caller sees and acts within a plan: individual sheets, and own units.

The rules are :mod:`shared.domain.confidentiality` and :mod:`shared.domain.responsibility`; here
they meet what is stored. ``service`` asks them for a plan, ``cuts`` takes what is hidden out of
whatever is about to be answered.
"""
