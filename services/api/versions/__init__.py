"""The life of a plan: approval, amendments, closure, and the versions these leave.

``service.check_import`` keeps an approved plan from changing in place.
"""
