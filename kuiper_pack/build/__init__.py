"""Building packages: project settings, builders, the deterministic zip writer, scaffolds."""
