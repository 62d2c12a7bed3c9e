"""The command line: one file a group of commands, each with `add(commands)`, read by chot.py."""
