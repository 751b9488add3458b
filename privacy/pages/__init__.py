"""Pages of the promise itself: how long data are kept, and certificates of what was erased."""
