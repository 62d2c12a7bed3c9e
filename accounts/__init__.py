"""Who may do what: staff accounts, roles in scopes, sessions and tokens, the access table, areas,
the audit chain."""
