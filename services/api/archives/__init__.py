"""A chamber leaves the installation: into one file, from one file, and for good."""
