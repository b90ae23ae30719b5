"""The peer that answers over HTTP: FastAPI as its tutorial has it, with Keras `predict` on the study's network."""

import argparse
import io
import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image

from benchmarks.peers.study_network import study_network


def main() -> None:
    """Answers until it is told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    network = study_network()
    app = FastAPI()

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/v1/tag")
    async def tag(photos: UploadFile) -> dict[str, object]:
        picture = Image.open(io.BytesIO(await photos.read())).convert("RGB").resize((60, 80))
        pixels = np.asarray(picture, np.float32)[None] / 255
        (probabilities,) = network.predict(pixels, verbose=0)
        label = int(probabilities.argmax())
        return {"name": photos.filename, "label": label, "probability": float(probabilities[label])}

    network.predict(np.zeros((1, 80, 60, 3), np.float32), verbose=0)
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
