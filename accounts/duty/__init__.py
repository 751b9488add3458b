"""The duty of confidentiality that staff accept before their first look at anybody's data. Keeps P-SEC-3."""
