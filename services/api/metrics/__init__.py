"""What a monitoring system reads: requests of this process, and what waits in each chamber."""
