"""A measuring system that does everything a real one does, also what it should not.

``truth`` is what it holds and the messages it makes of it, ``delivery`` sends them until they
are taken, ``agreement`` compares both sides, ``pull`` lets the other side ask.
"""
