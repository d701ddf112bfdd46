"""Errors of the operating system in the words of Go's syscall.Errno."""

import errno

from kuiper_pack.planner.steps import Failure

_WORDS = {
    errno.ENOENT: "no such file or directory",
    errno.EEXIST: "file exists",
    errno.ENOTDIR: "not a directory",
    errno.EISDIR: "is a directory",
    errno.ENOTEMPTY: "directory not empty",
    errno.ENAMETOOLONG: "file name too long",
    errno.EINVAL: "invalid argument",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.ENOSPC: "no space left on device",
    errno.EROFS: "read-only file system",
    errno.ELOOP: "too many levels of symbolic links",
    errno.EXDEV: "invalid cross-device link",
    errno.EBUSY: "device or resource busy",
    errno.ETXTBSY: "text file busy",
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset by peer",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network is unreachable",
    errno.EIO: "input/output error",
}


def words(error: OSError) -> str:
    """What Go says for ``error``."""
    known = _WORDS.get(error.errno or 0)
    return known or (error.strerror or str(error) or type(error).__name__).lower()


def failure(error: OSError | ValueError, path: str = "") -> Failure:
    """A step that failed with ``error``; ValueError stands for a path with a null byte."""
    said = words(error) if isinstance(error, OSError) else "invalid argument"
    return Failure(said, path)
