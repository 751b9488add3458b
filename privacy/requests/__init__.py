"""Rights requests: one queue, each with a reference, a due date and its steps. Keeps P-RGT-1, P-RGT-2, P-WHO-2."""
