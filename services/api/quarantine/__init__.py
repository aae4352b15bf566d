"""What was sent and cannot be applied: it waits with its reason until somebody decides."""
