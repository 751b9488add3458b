"""REST v1 for programs: the same services as the classic API and the pages, with the manners of today."""
