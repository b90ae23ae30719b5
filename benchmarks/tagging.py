"""Tagging a folder of JPEG files to a table: beside Keras `predict` on a `tf.data` pipeline over the same files, and
beside what the machine could do at most.
"""

import argparse
from functools import partial
from statistics import median

from benchmarks.contest import Contestant, alternate
from benchmarks.multiply_adds import multiply_adds
from benchmarks.options import add_tagger, common, parser, tagger_of
from benchmarks.photos import catalogue_of, folder_of
from benchmarks.rows import Row, Side, write_rows
from modiste.portable.bundle import default_bundle, read_bundle
from modiste.runs import describe_environment

WORK = "tag a folder of JPEG files to Parquet"

WARM = 256
"""Photos that each side labels before anything is measured."""

PRECISIONS = ("float32", "bfloat16", "int8")


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("tagging", __doc__)
    add_tagger(options)
    options.add_argument("--photos", type=int, default=2000)
    # Keras's default; with 64, 128 and 256 it is no faster here, and takes more memory.
    options.add_argument("--peer-batch", type=int, default=32, help="pictures at a time of the peer (%(default)s)")
    arguments = options.parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Lets us, the peer and the machine's ceiling take turns."""
    shared, photos = common(arguments), arguments.photos
    catalogue = catalogue_of(shared.catalogue, shared.work)
    warm, folder = (folder_of(count, catalogue, shared.work) for count in (WARM, photos))
    with (
        Contestant("contestants.tagger", *tagger_of(arguments)) as tagger,
        Contestant("peers.tagging", "--batch", arguments.peer_batch, python=shared.peer) as keras,
        Contestant("contestants.matrix") as machine,
    ):
        out = str(shared.work / "tags.parquet")
        for contestant in (tagger, keras):
            contestant.go(job="tag", folder=str(warm), out=out)
        turns = {
            "ours": partial(tagger.go, job="tag", folder=str(folder), out=out),
            "peer": partial(keras.go, job="tag", folder=str(folder), out=out),
            "answers": partial(tagger.go, job="answer", count=photos),
            **{name: partial(machine.go, job="measure", precision=name) for name in PRECISIONS},
        }
        found = alternate(turns, shared.rounds)
    speeds = {name: [one["photos"] / one["seconds"] for one in found[name]] for name in ("ours", "peer", "answers")}
    size = f"{photos:,} photos, {catalogue.stem}"
    ours = Side.of(tagger.facts, speeds["ours"])
    rows = [Row(WORK, "images/s", size, ours, Side.of(keras.facts, speeds["peer"]))]
    needed = multiply_adds(read_bundle(arguments.bundle or default_bundle()).network) / 1e9
    for work, measured in ((WORK, speeds["ours"]), ("answer for pixels in memory", speeds["answers"])):
        done = Side.of(tagger.facts, [needed * speed for speed in measured])
        for name in PRECISIONS:
            rates = [one["rate"] / 1e9 for one in found[name]]
            ceiling = Side.of(machine.facts | {"precision": name}, rates)
            rows.append(Row(f"{work}: arithmetic beside the {name} ceiling", "G multiply-adds/s", size, done, ceiling))
    print(f"{1e3 * needed:.1f} million multiply-adds a photo, {median(speeds['answers']):,.0f} photos/s without files")
    return rows


if __name__ == "__main__":
    main()
