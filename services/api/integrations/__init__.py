"""Systems that send measurements: their secrets, their messages, and what had to wait.

``receiving`` is the way of a message (verify, store, apply); ``service`` manages the
integrations; ``quarantine`` decides about what could not be applied; ``background`` applies
what a crash left stored.
"""
