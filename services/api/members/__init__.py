"""The persons of a chamber: roles, units and sheets, kept here beside what tokens say."""
