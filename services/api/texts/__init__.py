"""The texts of a plan: what stands, every version of it, and the drafts of who writes it.

Kept here for those that write texts (:mod:`services.api.narratives`, imports through
:mod:`services.api.plans.writing`) and those that ask how far they are
(:mod:`services.api.comments`, :mod:`services.api.assignments`, reports).
"""
