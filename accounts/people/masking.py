"""What staff see of a person's address before they have a reason to see more."""


def mask_email(address: str) -> str:
    """The first letter and the domain: enough to tell people apart, too little to write to them."""
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}•••@{domain}" if domain else "•••"
