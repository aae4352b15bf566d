"""What fell short and why, who still owes the explanation, and what was learnt from it."""
