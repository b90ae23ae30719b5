"""What tells two bundles apart."""

from hashlib import blake2b

import numpy as np

from modiste.portable.bundle import Bundle

__all__ = ["fingerprint"]


def fingerprint(bundle: Bundle) -> str:
    """Returns 32 hexadecimal digits, the same for two bundles exactly when their answers are."""
    digest = blake2b(bundle.network, digest_size=16)
    digest.update(repr((bundle.attributes, bundle.image, bundle.temperatures, bundle.familiarity)).encode())
    for part in (*bundle.calibration, bundle.hierarchy):
        for value in vars(part).values() if part else ():
            digest.update(np.asarray(value).tobytes())
    return digest.hexdigest()
