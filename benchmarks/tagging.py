"""Tagging a folder of JPEG files to a table: beside Keras `predict` on a `tf.data` pipeline over the same files, and
beside what the machine could do at most.
"""

from functools import partial
from statistics import median

from benchmarks.contest import Contestant, alternate
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.multiply_adds import multiply_adds
from benchmarks.rows import Row, Side
from modiste.portable.bundle import read_bundle

WORK = "tag a folder of JPEG files to Parquet"

WARM = 256
"""Photos that each side labels before anything is measured."""

PRECISIONS = ("float32", "bfloat16", "int8")


def measure(setup: Setup) -> list[Row]:
    """Lets us, the peer and the machine's ceiling take turns."""
    photos, out = setup.options.photos, str(setup.work / "tags.parquet")
    warm, folder = (str(setup.folder(count)) for count in (WARM, photos))
    with (
        setup.tagger() as tagger,
        setup.keras("--batch", setup.options.peer_batch) as keras,
        Contestant("contestants.matrix") as machine,
    ):
        for contestant in (tagger, keras):
            contestant.go(job="tag", folder=warm, out=out)
        turns = {
            "ours": partial(tagger.go, job="tag", folder=folder, out=out),
            "peer": partial(keras.go, job="tag", folder=folder, out=out),
            "answers": partial(tagger.go, job="answer", count=photos),
            **{name: partial(machine.go, job="measure", precision=name) for name in PRECISIONS},
        }
        found = alternate(turns, setup.rounds)
    speeds = {name: [one["photos"] / one["seconds"] for one in found[name]] for name in ("ours", "peer", "answers")}
    size = setup.size(photos)
    ours = Side.of(tagger.facts, speeds["ours"])
    rows = [Row(WORK, "images/s", size, ours, Side.of(keras.facts, speeds["peer"]))]
    needed = multiply_adds(read_bundle(setup.bundle).network) / 1e9
    for work, measured in ((WORK, speeds["ours"]), ("answer for pixels in memory", speeds["answers"])):
        done = Side.of(tagger.facts, [needed * speed for speed in measured])
        for name in PRECISIONS:
            rates = [one["rate"] / 1e9 for one in found[name]]
            ceiling = Side.of(machine.facts | {"precision": name}, rates)
            rows.append(Row(f"{work}: arithmetic beside the {name} ceiling", "G multiply-adds/s", size, done, ceiling))
    print(f"{1e3 * needed:.1f} million multiply-adds a photo, {median(speeds['answers']):,.0f} photos/s without files")
    return rows


BENCHMARK = Benchmark(
    "tagging",
    __doc__,
    measure,
    (
        option("--photos", type=int, default=2000),
        # Keras's default; with 64, 128 and 256 it is no faster here, and takes more memory.
        option("--peer-batch", type=int, default=32, help="pictures at a time of the peer (%(default)s)"),
    ),
    tagger=True,
)

if __name__ == "__main__":
    BENCHMARK.main()
