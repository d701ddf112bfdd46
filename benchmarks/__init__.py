"""Speed and memory against the tools people use today: ``python -m benchmarks``.

Pairs run alternately in one go and medians are compared, so that a busy machine slows both sides.
Nothing is asserted: figures depend on the machine, and a reader judges them.
"""
