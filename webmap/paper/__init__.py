"""Sheets on paper: what is asked, how it is composed, and the files that come of it."""
