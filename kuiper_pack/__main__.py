"""``python -m kuiper_pack`` is ``kuiper-pack``."""

from kuiper_pack.cli import main

if __name__ == "__main__":
    main(prog_name="kuiper-pack")
