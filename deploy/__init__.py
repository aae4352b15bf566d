"""How the system is brought to run: containers, and embedded on one machine (``local``)."""
