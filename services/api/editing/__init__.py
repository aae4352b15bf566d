"""Writing a plan over the API: its own data, and its elements one by one.

An edit is the case with one element changed, judged by the checks of a whole file
(:mod:`shared.contracts.case_editing`) and written as the difference.
"""
