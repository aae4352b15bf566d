"""A whole year as a file: imported in one transaction or not at all."""
