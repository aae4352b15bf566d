"""What sources say about whole periods: that all of their data have been sent.

Recorded with the messages, shown with the periods; it has no doors of its own.
"""
