"""Products + taxonomy -> labelled products, with the reason for each label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_

import polars as pl

from modiste.catalogue.products import NAME
from modiste.catalogue.similarity import nearest_labels
from modiste.catalogue.taxonomy import Rule, Taxonomy
from modiste.errors import TaxonomyError, nearest

__all__ = ["Agreement", "Labelled", "judge_similarity", "label_products"]


@dataclass(frozen=True)
class Labelled:
    """A labelled catalogue.

    Attributes:
        frame: The products frame plus `Class` (String, null if there is none), `reason` (String: "rule",
            "similarity", "excluded" or "no rule") and `similarity` (Float64, 0 to 1, null unless the reason
            is "similarity"). Columns of these names that the products frame had are replaced.
        unlabelled: Products without a label: id, name, kind ("excluded" or "no rule") and reason (in words).
        taxonomy: The rules that were applied.
        warnings: Rules and values that match nothing, one line each.
    """

    frame: pl.DataFrame
    unlabelled: pl.DataFrame
    taxonomy: Taxonomy
    warnings: tuple[str, ...]

    @property
    def reassigned(self) -> pl.DataFrame:
        """Ambiguous products and the label nearest to their name: id, name, label, similarity."""
        return self.frame.filter(pl.col("reason") == "similarity").select(
            "id", _name(self.frame).alias("name"), pl.col("Class").alias("label"), "similarity"
        )

    def counts(self, *, reassigned: bool = True) -> dict[str, int]:
        """Counts the products of each label.

        Args:
            reassigned: Whether products that were labelled by their name count, too.

        Returns:
            label -> products, in the taxonomy's order, zeros included.
        """
        rows = self.frame if reassigned else self.frame.filter(pl.col("reason") == "rule")
        found = dict(rows.group_by("Class").len().iter_rows())
        return {label: found.get(label, 0) for label in self.taxonomy.label_names}


@dataclass(frozen=True)
class Agreement:
    """How often the label nearest by text is the label by rule.

    Attributes:
        products: Products whose label is known by rule.
        overall: The share of them that agrees, from 0 to 1; a name that resembles no label counts as wrong.
        by_label: label by rule -> the share of its products that agrees, in the taxonomy's order.
    """

    products: int
    overall: float
    by_label: Mapping[str, float]


def label_products(products: pl.DataFrame, taxonomy: Taxonomy, *, where: str = "the catalogue") -> Labelled:
    """Gives every product one label, or says why it has none.

    An ambiguous product gets the label whose phrases are nearest to its productDisplayName, or, if it has no
    name, to the values that the rules look at. One that shares no word with any label stays without a label.

    Args:
        products: A products frame with every column that the taxonomy names.
        taxonomy: The rules.
        where: The products' origin, for errors.

    Returns:
        The labelled products, in the same order.

    Raises:
        TaxonomyError: The taxonomy names a column that the products do not have.
    """
    _require_columns(products, taxonomy, where)
    verdicts = _verdicts(products, taxonomy)
    verdicts = verdicts.join(_similar(products, verdicts, taxonomy), on="row", how="left", maintain_order="left")
    dissimilar = (pl.col("kind") == "similarity") & pl.col("similar").is_null()
    labels = verdicts.select(
        Class=pl.coalesce("label", "similar"),
        reason=pl.when(dissimilar).then(pl.lit("no rule")).otherwise(pl.col("kind").fill_null("no rule")),
        similarity="similarity",
    )
    why = verdicts.select(
        pl.when(dissimilar)
        .then(pl.format("ambiguous ({}), and its name resembles no label", "because"))
        .otherwise(pl.col("because").fill_null("no rule matches"))
    ).to_series()
    unlabelled = products.select("id", name=_name(products), kind=labels["reason"], reason=why)
    return Labelled(
        frame=products.with_columns(labels),
        unlabelled=unlabelled.filter(labels["Class"].is_null()),
        taxonomy=taxonomy,
        warnings=(
            *_idle_rules(products, verdicts, taxonomy),
            *_misspelt_values(products, verdicts, taxonomy),
        ),
    )


def judge_similarity(labelled: Labelled) -> Agreement:
    """Compares the nearest label by text with the label by rule, where a rule knows it.

    Args:
        labelled: A labelled catalogue.

    Returns:
        The agreement overall and for each label; 0 where there is nothing to compare.
    """
    known = labelled.frame.filter(pl.col("reason") == "rule")
    names = known.select(_name(known).fill_null("")).to_series().to_list()
    found = nearest_labels(names, labelled.taxonomy.phrases)
    agrees = known.select(
        "Class", agrees=(pl.Series(found.labels, dtype=pl.String) == pl.col("Class")).fill_null(value=False)
    )
    shares = dict(agrees.group_by("Class").agg(pl.col("agrees").mean()).iter_rows())
    return Agreement(
        products=known.height,
        overall=float(agrees["agrees"].sum()) / max(known.height, 1),
        by_label={label: shares.get(label, 0.0) for label in labelled.taxonomy.label_names},
    )


def _require_columns(products: pl.DataFrame, taxonomy: Taxonomy, where: str) -> None:
    missing = [column for column in taxonomy.columns if column not in products.columns]
    if missing:
        named = ", ".join(f"{column!r}{nearest(column, products.columns)}" for column in missing)
        raise TaxonomyError(
            f"no column{'s' * (len(missing) > 1)} {named}, which the label rules of {taxonomy.source} look at",
            where=where,
            fix="name the table's own with --column, give other rules with --taxonomy, or, in a training, name what to "
            "learn with --targets",
        )


def _verdicts(products: pl.DataFrame, taxonomy: Taxonomy) -> pl.DataFrame:
    """Finds the first rule that matches each product: row, rule, kind, label, because; nulls if none does."""
    rules = [rule for _, rule in taxonomy.owned_rules()]
    consequences = [
        *(("excluded", None, aside.reason) for aside in taxonomy.exclude for _ in aside.rules),
        *(("similarity", None, aside.reason) for aside in taxonomy.ambiguous for _ in aside.rules),
        *(("rule", label.name, None) for label in taxonomy.labels for _ in label.rules),
    ]
    meanings = pl.DataFrame(
        consequences, schema={"kind": pl.String, "label": pl.String, "because": pl.String}, orient="row"
    ).with_row_index("rule")
    first = pl.coalesce(pl.when(_matches(rule)).then(pl.lit(index, pl.UInt32)) for index, rule in enumerate(rules))
    return (
        products.select(rule=first).with_row_index("row").join(meanings, on="rule", how="left", maintain_order="left")
    )


def _similar(products: pl.DataFrame, verdicts: pl.DataFrame, taxonomy: Taxonomy) -> pl.DataFrame:
    """Finds the nearest label of each ambiguous product: row, similar, similarity; nulls if none is near."""
    ambiguous = verdicts["kind"] == "similarity"
    values = pl.concat_str(
        [pl.col(column).cast(pl.String) for column in taxonomy.columns], separator=" ", ignore_nulls=True
    )
    texts = products.select(pl.coalesce(_name(products), values)).to_series()
    found = nearest_labels(texts.filter(ambiguous).to_list(), taxonomy.phrases)
    return pl.DataFrame(
        {
            "row": verdicts["row"].filter(ambiguous),
            "similar": pl.Series(found.labels, dtype=pl.String),
            "similarity": found.similarities,
        }
    ).with_columns(pl.when(pl.col("similar").is_not_null()).then("similarity"))


def _idle_rules(products: pl.DataFrame, verdicts: pl.DataFrame, taxonomy: Taxonomy) -> Iterator[str]:
    """Names rules that decide nothing."""
    deciding = set(verdicts["rule"].drop_nulls())
    for index, (owner, rule) in enumerate(taxonomy.owned_rules()):
        if index in deciding:
            continue
        matching = int(products.select(_matches(rule).sum()).item())
        if matching:
            yield f"{owner}: the {matching} products with {rule} are taken by earlier rules"
        else:
            yield f"{owner}: no product has {rule}"


def _misspelt_values(products: pl.DataFrame, verdicts: pl.DataFrame, taxonomy: Taxonomy) -> Iterator[str]:
    """Names values that no product has, where a product that no rule matches has one that reads alike."""
    unmatched = products.filter(verdicts["rule"].is_null())
    if unmatched.is_empty():
        return
    for owner, rule in taxonomy.owned_rules():
        for column, values in rule.columns.items():
            present = set(products[column].cast(pl.String).unique().drop_nulls())
            left_over = unmatched[column].cast(pl.String).unique().drop_nulls().sort()
            for value in values:
                hint = "" if value in present else nearest(value, left_over)
                if hint:
                    yield f"{owner}: no product has {column} = {value}{hint}"


def _matches(rule: Rule) -> pl.Expr:
    return reduce(
        and_,
        (
            pl.col(column).cast(pl.String).is_in(list(values)).fill_null(value=False)
            for column, values in rule.columns.items()
        ),
    )


def _name(products: pl.DataFrame) -> pl.Expr:
    return pl.col(NAME) if NAME in products.columns else pl.lit(None, pl.String)
