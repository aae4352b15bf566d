"""What a running process needs and no business rule does: settings, log, clock, keys, blobs."""
