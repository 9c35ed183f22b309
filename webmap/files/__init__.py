"""Features as files of many formats: what is in a file (`content`), and a module for each family of formats."""
