"""The builders, in the order in which they are asked; the first that fits builds."""

from kuiper_pack.build.builders.base import Builder, Job, Recipe
from kuiper_pack.build.builders.native_folder import NativeFolder
from kuiper_pack.build.builders.native_go import NativeGo
from kuiper_pack.build.builders.portable_folder import PortableFolder
from kuiper_pack.build.builders.portable_go import PortableGo
from kuiper_pack.build.builders.portable_wheels import PortableWheels

BUILDERS: tuple[Builder, ...] = (
    PortableWheels(),
    PortableGo(),
    PortableFolder(),
    NativeGo(),
    NativeFolder(),
)

__all__ = ["Job", "Recipe", "builder_for"]


def builder_for(job: Job) -> Builder:
    """The builder of a project; the last one fits every native project and says what is missing."""
    return next(builder for builder in BUILDERS if builder.fits(job))
