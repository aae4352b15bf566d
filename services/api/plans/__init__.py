"""Plans: what was planned for a year, with everything that hangs on it.

``service.read_plan`` gives a stored plan as a case file's model and as the domain's plan;
``service.lock_plan`` holds it for a change, which must end with ``service.touch``.
"""
