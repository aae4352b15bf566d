"""Jobs of the renderer: their states, their rows, and who holds the lease of one."""
