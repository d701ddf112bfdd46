"""Streams and rules, as far as they show what a running rule means for its plugins.

This is no stream engine: ``grammar.py`` says what can be written, ``planning.py`` what can be used,
``running.py`` what happens to a row.
"""
