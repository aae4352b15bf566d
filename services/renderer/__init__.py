"""The renderer: takes a snapshot, answers a signed PDF; holds the keys, sees no database."""
