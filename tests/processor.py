"""What this machine's processor computes with."""

from pathlib import Path

__all__ = ["computes_in_bfloat16"]


def computes_in_bfloat16() -> bool:
    """Whether oneDNN convolves in bfloat16 here, by what it asks of a processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    return "avx_ne_convert" in flags or {"avx512bw", "avx512vl", "avx512dq"} <= flags
