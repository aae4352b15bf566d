"""Sends committed work to the queue, and sends again what was lost on the way.

Requests never touch Redis: they commit a row in the outbox. The *relay* sends what was
committed; the *sweeper* finds jobs that nobody works on; the *announcer* hands events to those
who subscribed; the *monitor* asks for the monitoring report of a period whose last measurement was
validated; and the *sender* of :mod:`services.api.subscriptions` sends them. All may run in
every process of the API at once, and Redis may be emptied or away at any time: PostgreSQL
knows the rest.
"""
