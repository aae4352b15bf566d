"""Verification of signed PDFs, for anybody who has one in their hands."""
