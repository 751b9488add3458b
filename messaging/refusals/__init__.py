"""API requests that were refused although their key was known: kept 30 days, shown with the mend."""
