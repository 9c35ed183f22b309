"""From the text files under version control to a published version of the data."""
