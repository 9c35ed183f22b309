"""A user's own files: any of the usual formats, kept with what was said of them, conformed column by column."""
