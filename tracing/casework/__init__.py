"""One case as officers work it: its page, its runs and contacts, and the contact who becomes a
case."""
