"""A server from the shell: packages brought to it, answers as tables, refusals with a way out."""
