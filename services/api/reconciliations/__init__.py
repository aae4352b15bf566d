"""Asking a source what it holds, and mending what differs here.

``source`` is the seam and its default adapter, ``comparing`` the rule, ``running`` the job;
``service`` and ``router`` are how somebody asks for one.
"""
