"""Signatures of a document: whose turn it is, asking for one, a copy signed elsewhere."""
