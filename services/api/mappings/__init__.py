"""What a system calls things, in the chamber's words: versions, and a trial that stores nothing."""
