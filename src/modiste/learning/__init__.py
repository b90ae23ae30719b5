"""The networks and how they learn; Keras lives here and nowhere else.

Keras reads its backend from the environment once, when it is first imported. PyTorch is ours where the user has
chosen none.
"""

import os
import sys

if "keras" not in sys.modules:
    os.environ.setdefault("KERAS_BACKEND", "torch")
