"""The whole story on this machine, as ``kuiper-pack demo`` tells it."""
