"""One file per page, named after it; every page fetched is checked as a whole by `visitor`."""
