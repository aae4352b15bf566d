"""Results: computed by the domain, stored with the revision they were computed on."""
