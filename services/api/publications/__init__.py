"""What is published, for anyone to read (*Amministrazione trasparente*, D.Lgs. 33/2013)."""
