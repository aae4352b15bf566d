"""The web pages of documents: kept beside the PDF, as they were made."""
