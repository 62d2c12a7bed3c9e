"""What is done about contacts: who called, what came of it, to whom they are given; and what
officers tell each other of a case."""
