"""From photos to products: the predictions for a product that has several photos."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modiste.measure.consistency import ALONE, best_labels
from modiste.measure.ood import SHORTEST
from modiste.measure.selection import EVEN

if TYPE_CHECKING:
    from modiste.predictions.photos import Predictions

__all__ = ["pool"]


def pool(predictions: "Predictions", owners: Sequence[str]) -> "Predictions":
    """Returns one row a product, in the order in which their first photos come.

    A product's probabilities are the mean over those of its photos that could be read; its error is the first photo's
    where none could. Its answers follow from the means as a photo's do from its probabilities: see `best_labels`.
    Where it is not known which labels go together, as in older files, the photos' answers tell. An answer is accepted
    where it was on at least one photo, no other photo says otherwise, and the means make it at least as likely right as
    wrong. A product is as unlike the training data as the photo that is least so. Its embedding follows from its
    probabilities and the mean of its photos' looks; where only the embeddings of photos are known, as in a file, it is
    their mean.

    Args:
        predictions: With all probabilities.
        owners: For each photo, the id of its product.

    Raises:
        ConfigError: The probabilities were not kept.
        ValueError: It is not known of each photo, and of no other, whose it is.
    """
    if len(owners) != len(predictions) or any(owner is None for owner in owners):
        raise ValueError(f"need whose photo it is of each of {len(predictions)}, not of {len(owners)} or None")
    owners = list(map(str, owners))
    ids = tuple(dict.fromkeys(owners))
    if len(ids) == len(owners):
        return predictions.named(ids=ids)
    number = {owner: index for index, owner in enumerate(ids)}
    products = np.array([number[owner] for owner in owners], dtype=np.int64)
    read = np.array([error is None for error in predictions.errors], dtype=np.bool_)
    # A product is known by its first photo, or by the first that could be read, if there is one.
    order = np.lexsort((~read, products))
    shown = predictions.take(order[np.unique(products[order], return_index=True)[1]])
    some, products = predictions.take(np.flatnonzero(read)), products[read]
    means = [_means(some.probabilities(name), products, len(ids)) for name in predictions.schema.names]
    label_ids, known = shown.label_ids.copy(), np.unique(products)
    label_ids[known] = best_labels([mean[known] for mean in means], _combinations(some))
    same = some.label_ids == label_ids[products]
    rows = np.arange(len(ids))
    confidence = [
        np.where(labels < 0, np.nan, mean[rows, labels]) for mean, labels in zip(means, label_ids.T, strict=True)
    ]
    even = np.stack(confidence, axis=1) >= EVEN
    ood_score = shown.ood_score.copy()
    np.fmin.at(ood_score, products, some.ood_score)
    return replace(
        shown,
        ids=ids,
        label_ids=label_ids,
        confidence=np.stack(confidence, axis=1).astype(np.float32),
        accepted=~_any(~same, products, len(ids)) & _any(same & some.accepted, products, len(ids)) & even,
        ood_score=ood_score,
        all_probabilities=tuple(means),
        visual=_mean_direction(some.visual, products, len(ids)),
        kept_embedding=_mean_direction(some.kept_embedding, products, len(ids)),
    )


def _mean_direction(
    vectors: NDArray[np.float32] | None, products: NDArray[np.int64], count: int
) -> NDArray[np.float32] | None:
    """Returns the mean over each product's photos, L2-normalised; None for None."""
    if vectors is None:
        return None
    means = _means(vectors, products, count)
    return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), SHORTEST)


def _any(hits: NDArray[np.bool_], products: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Returns (products, attributes) whether any of a product's photos hits."""
    found = np.zeros((count, hits.shape[1]), np.bool_)
    np.logical_or.at(found, products, hits)
    return found


def _means(values: NDArray[np.float32], products: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Returns the mean over each product's photos: float32 (products, d), NaN where none could be read."""
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, products, values)
    photos = np.bincount(products, minlength=count).astype(np.float64)
    photos[photos == 0] = np.nan
    return (sums / photos[:, None]).astype(np.float32)


def _combinations(some: "Predictions") -> NDArray[np.int64] | None:
    """Returns which label ids go together, as `best_labels` takes it."""
    together = [index for index, name in enumerate(some.schema.names) if name in some.schema.hierarchy]
    if some.combinations is not None or not together or not len(some):
        return some.combinations
    answered = np.full(some.label_ids.shape, ALONE)
    answered[:, together] = some.label_ids[:, together]
    return np.unique(answered, axis=0)
