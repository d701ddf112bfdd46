"""The REST API, one module per section; ``section.py`` says what a section is."""
