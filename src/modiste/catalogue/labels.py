"""Products + taxonomy -> labelled products, with the reason for each label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_

import polars as pl

from modiste.catalogue.similarity import nearest_labels
from modiste.catalogue.taxonomy import Rule, Taxonomy
from modiste.errors import TaxonomyError, nearest
from modiste.schema import Attribute, Schema

__all__ = ["Agreement", "Labelled", "judge_similarity", "label_products", "without_rules"]


@dataclass(frozen=True)
class Labelled:
    """A labelled catalogue.

    Attributes:
        frame: The products frame plus the attribute that label rules give (String, null if there is none), `reason`
            (String: "rule", "similarity", "excluded" or "no rule") and `similarity` (Float64, 0 to 1, null unless the
            reason is "similarity"). Columns of these names that the products frame had are replaced. Without rules,
            `reason` and `similarity` are null.
        unlabelled: Products to which the rules give no label: id, name, kind ("excluded" or "no rule") and reason (in
            words).
        schema: What is known of the products; the attribute that rules give has their labels, in their order. Without
            rules, the schema has no such attribute.
        taxonomy: The rules that were applied; None without rules.
        warnings: Rules and values that match nothing, one line each.
    """

    frame: pl.DataFrame
    unlabelled: pl.DataFrame
    schema: Schema
    taxonomy: Taxonomy | None
    warnings: tuple[str, ...] = ()

    @property
    def reassigned(self) -> pl.DataFrame:
        """Ambiguous products and the label nearest to their name: id, name, label, similarity."""
        label = pl.lit(None, pl.String) if self.schema.ruled is None else pl.col(self.schema.ruled.name)
        return self.frame.filter(pl.col("reason") == "similarity").select(
            "id", _name(self.frame, self.schema).alias("name"), label.alias("label"), "similarity"
        )

    def counts(self, *, reassigned: bool = True) -> dict[str, int]:
        """Counts the products of each label.

        Args:
            reassigned: Whether products that were labelled by their name count, too.

        Returns:
            label -> products, in the taxonomy's order, zeros included; nothing without rules.
        """
        if self.schema.ruled is None:
            return {}
        rows = self.frame if reassigned else self.frame.filter(pl.col("reason") == "rule")
        found = dict(rows.group_by(self.schema.ruled.name).len().iter_rows())
        return {label: found.get(label, 0) for label in self.schema.ruled.labels}


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


def label_products(
    products: pl.DataFrame, taxonomy: Taxonomy, *, schema: Schema, where: str = "the catalogue"
) -> Labelled:
    """Gives every product one label, or says why it has none.

    An ambiguous product gets the label whose phrases are nearest to its text, or, if it has none, to the values that
    the rules look at. One that shares no word with any label stays without a label.

    Args:
        products: A products frame with every column that the taxonomy names.
        taxonomy: The rules.
        schema: Which attribute the rules give, and which column is the text.
        where: The products' origin, for errors.

    Returns:
        The labelled products, in the same order.

    Raises:
        TaxonomyError: The taxonomy names a column that the products do not have, or the schema has no attribute for
            its labels.
    """
    _require_columns(products, taxonomy, where)
    attribute = _ruled(schema, taxonomy)
    verdicts = _verdicts(products, taxonomy)
    verdicts = verdicts.join(
        _similar(products, verdicts, taxonomy, schema), on="row", how="left", maintain_order="left"
    )
    dissimilar = (pl.col("kind") == "similarity") & pl.col("similar").is_null()
    labels = verdicts.select(
        pl.coalesce("label", "similar").alias(attribute.name),
        pl.when(dissimilar).then(pl.lit("no rule")).otherwise(pl.col("kind").fill_null("no rule")).alias("reason"),
        "similarity",
    )
    why = verdicts.select(
        pl.when(dissimilar)
        .then(pl.format("ambiguous ({}), and its name resembles no label", "because"))
        .otherwise(pl.col("because").fill_null("no rule matches"))
    ).to_series()
    unlabelled = products.select("id", name=_name(products, schema), kind=labels["reason"], reason=why)
    learned = replace(attribute, labels=taxonomy.label_names)
    return Labelled(
        frame=products.with_columns(labels),
        unlabelled=unlabelled.filter(labels[attribute.name].is_null()),
        schema=schema.narrowed(learned if each == attribute else each for each in schema.attributes),
        taxonomy=taxonomy,
        warnings=(
            *_idle_rules(products, verdicts, taxonomy),
            *_misspelt_values(products, verdicts, taxonomy),
        ),
    )


def without_rules(products: pl.DataFrame, schema: Schema, *, warnings: tuple[str, ...] = ()) -> Labelled:
    """Returns the products of a catalogue that no label rules are for, with the labels of their columns alone.

    Args:
        products: A products frame.
        schema: What is known of the products; the attribute that rules would give is left out.
        warnings: What deserves a look, one line each.
    """
    frame = products.with_columns(pl.lit(None, pl.String).alias("reason"), pl.lit(None, pl.Float64).alias("similarity"))
    nobody = frame.clear().select("id", name=_name(frame, schema), kind="reason", reason="reason")
    others = schema.narrowed(each for each in schema.attributes if each != schema.ruled)
    return Labelled(frame, nobody, others, None, warnings)


def _ruled(schema: Schema, taxonomy: Taxonomy) -> Attribute:
    """Returns the attribute that label rules give.

    Raises:
        TaxonomyError: The schema has none.
    """
    if schema.ruled is None:
        raise TaxonomyError(
            f"no attribute of {schema.source} is given by label rules",
            where=taxonomy.source,
            fix="give one of its attributes kind = 'rules', or leave the rules out",
        )
    return schema.ruled


def judge_similarity(labelled: Labelled) -> Agreement:
    """Compares the nearest label by text with the label by rule, where a rule knows it.

    Args:
        labelled: A labelled catalogue.

    Returns:
        The agreement overall and for each label; 0 where there is nothing to compare.
    """
    if labelled.schema.ruled is None or labelled.taxonomy is None:
        return Agreement(products=0, overall=0.0, by_label={})
    label = pl.col(labelled.schema.ruled.name).alias("label")
    known = labelled.frame.filter(pl.col("reason") == "rule")
    names = known.select(_name(known, labelled.schema).fill_null("")).to_series().to_list()
    found = nearest_labels(names, labelled.taxonomy.phrases)
    agrees = known.select(label, agrees=(pl.Series(found.labels, dtype=pl.String) == label).fill_null(value=False))
    shares = dict(agrees.group_by("label").agg(pl.col("agrees").mean()).iter_rows())
    return Agreement(
        products=known.height,
        overall=float(agrees["agrees"].sum()) / max(known.height, 1),
        by_label={name: shares.get(name, 0.0) for name in labelled.taxonomy.label_names},
    )


def _require_columns(products: pl.DataFrame, taxonomy: Taxonomy, where: str) -> None:
    missing = [column for column in taxonomy.columns if column not in products.columns]
    if missing:
        named = ", ".join(f"{column!r}{nearest(column, products.columns)}" for column in missing)
        raise TaxonomyError(
            f"no column{'s' * (len(missing) > 1)} {named}, which the label rules of {taxonomy.source} look at",
            where=where,
            fix="name the table's own with --column, give other rules with --taxonomy or a schema without any with "
            "--schema, or, in a training, name what to learn with --targets",
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


def _similar(products: pl.DataFrame, verdicts: pl.DataFrame, taxonomy: Taxonomy, schema: Schema) -> pl.DataFrame:
    """Finds the nearest label of each ambiguous product: row, similar, similarity; nulls if none is near."""
    ambiguous = verdicts["kind"] == "similarity"
    values = pl.concat_str(
        [pl.col(column).cast(pl.String) for column in taxonomy.columns], separator=" ", ignore_nulls=True
    )
    texts = products.select(pl.coalesce(_name(products, schema), values)).to_series()
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


def _name(products: pl.DataFrame, schema: Schema) -> pl.Expr:
    text = pl.col(schema.text) if schema.text in products.columns else pl.lit(None)
    return text.cast(pl.String)
