"""Who may read several chambers together: explicit grants, each with its reason and its end."""
