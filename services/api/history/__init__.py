"""What stands around a year: the years before it, the steps of its cycle, its documents."""
