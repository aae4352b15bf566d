"""What WeasyPrint works out again and again, worked out once; installed by ``engine.py``."""
