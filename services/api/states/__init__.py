"""Where measurements are on their way, which periods are closed, and what that keeps out.

``repository`` holds the SQL of both histories, ``service`` the rules of a chamber and the
barriers that whatever records a value must respect. Features build on it; it knows none.
"""
