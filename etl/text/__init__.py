"""Documents as published: files of four forms → sections, paragraphs and tables with stable locators."""
