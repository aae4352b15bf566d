"""Vector figures: each says in words what it shows and stands beside the table of its data."""
