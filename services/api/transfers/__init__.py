"""Through the API: a chamber is taken away, brought in, and asked to end; long work as jobs."""
