"""A disk on which flushing takes its time: strace holds redis-server's fdatasync back, with no rights needed."""


def flushing_takes(seconds: float) -> tuple[str, ...]:
    """Returns the command that starts a server so; it is the server's own process that ``Popen`` then holds."""
    held_back = f"inject=fdatasync:delay_enter={int(seconds * 1_000_000)}"
    return ("strace", "-f", "-D", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", held_back)
