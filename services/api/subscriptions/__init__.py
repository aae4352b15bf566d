"""Who is told what happens in a chamber, and what became of each message to them.

An event waits in the outbox, written in the transaction of what it tells. The *fan-out* makes
a delivery of it for every subscriber; the *sender* signs and sends deliveries, again and again
by the schedule of :mod:`shared.domain.deliveries`. Nothing is lost between the two: an event
leaves the outbox in the transaction that makes its deliveries.
"""
