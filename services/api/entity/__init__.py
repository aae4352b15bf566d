"""The chambers of an entity together: side by side, consolidated, compared, over the years."""
