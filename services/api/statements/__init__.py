"""What the evaluation says about subjects of a plan: one append-only history for all of it.

Features that speak (:mod:`services.api.deviations`, :mod:`services.api.judgements`,
:mod:`services.api.evaluations`) write through here; plans read from here what stands.
"""
