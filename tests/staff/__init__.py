"""Staff in Django's admin: what each role may do, and what it leaves behind."""
