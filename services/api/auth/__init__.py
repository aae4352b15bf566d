"""Who is asking, and what they may do here.

``tokens`` verifies a bearer token; ``principal`` is what it says; ``access`` holds the
dependencies that endpoints use: ``reading(action)``, ``writing(action)``, ``permitted(action)``.
"""
