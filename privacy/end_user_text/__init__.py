"""A model text by which a customer informs its End-Users, made from the catalogue and what the account instructed (P-WHO-4)."""
