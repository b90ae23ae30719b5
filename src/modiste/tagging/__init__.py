"""Photos -> predictions -> tables: the reader, the worker, the runner, the writer; Keras is never in the process."""
