"""Pages of the promise itself: how long data are kept, changing it, and the certificates of what was erased."""
