"""Verification of signed PDFs: the validation side of pyHanko behind one function."""

from shared.signatures.anchors import load_anchors
from shared.signatures.verification import verify

__all__ = ["load_anchors", "verify"]
