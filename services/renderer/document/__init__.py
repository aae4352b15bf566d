"""From a frozen snapshot to the HTML of a document: format, never compute."""
