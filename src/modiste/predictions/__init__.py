"""What is known of n photos, as one type: what tagging and training give, and what reviewing and searching take.

- `photos`: the columns, `Predictions`;
- `rows`: one photo's row as an object;
- `joining`: rows picked out, put among others, joined;
- `frames`: the columns of a table;
- `files`: the Parquet file;
- `pooling`: from photos to products.
"""

from modiste.predictions.frames import KEPT, Columns, check_kept, columns_of
from modiste.predictions.joining import NO_LABEL
from modiste.predictions.photos import Predictions
from modiste.predictions.rows import Answer, Decision, Prediction

__all__ = ["KEPT", "NO_LABEL", "Answer", "Columns", "Decision", "Prediction", "Predictions", "check_kept", "columns_of"]
