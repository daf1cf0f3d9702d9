"""Where pages lead and how they are found: repository, site, search engines, citations."""
