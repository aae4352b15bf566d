"""Machine clients: systems that call the API of a chamber with a key of their own."""
