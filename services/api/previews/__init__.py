"""One part of the Relazione as it would look now, own drafts included.

Seen by who asked for it, and gone after some minutes.
"""
