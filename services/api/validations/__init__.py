"""The moves that a measurement makes on its way to being validated, and its whole history."""
