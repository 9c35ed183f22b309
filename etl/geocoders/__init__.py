"""The members of the geocoding chain: offline ones from reviewed files, and those that ask a service."""
