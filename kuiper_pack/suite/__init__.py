"""What clauses are written with: one run against one server, from discovery to verdicts."""
