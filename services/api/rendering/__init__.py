"""What only the renderer calls: leases of jobs, and what comes of them."""
