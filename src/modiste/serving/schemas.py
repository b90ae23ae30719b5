"""The API's queries and responses, as the OpenAPI document describes them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from modiste.errors import PhotoCode
from modiste.tagging.heat_maps import Method

__all__ = [
    "MOST_LABELS",
    "AnswerModel",
    "AttributeAnswer",
    "AttributeLabels",
    "BundleCard",
    "ErrorBody",
    "Explanation",
    "Health",
    "LabelProbability",
    "LabelThreshold",
    "Labels",
    "PhotoAnswer",
    "PhotoProblem",
    "Problem",
    "Step",
    "TagQuery",
    "TagResponse",
]

MOST_LABELS = 10
"""How many labels of each attribute can be asked for."""

Probability = Field(ge=0, le=1, examples=[0.973])


class AnswerModel(BaseModel):
    """The base of all bodies: they do not change, and hold nothing but what they declare."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelProbability(AnswerModel):
    """A label and how probable it is."""

    label: str = Field(examples=["Tshirts"])
    probability: float = Probability


class AttributeAnswer(AnswerModel):
    """The answer about one attribute of a photo."""

    label: str = Field(description="The answer; those of a hierarchy fit together.", examples=["Tshirts"])
    probability: float = Field(ge=0, le=1, description="That the answer is right, calibrated.", examples=[0.973])
    decision: Literal["accept", "review"] = Field(description="`review` where a person should check the answer.")
    top: list[LabelProbability] = Field(description="The most probable labels, the most probable first.")


class Step(AnswerModel):
    """One level of the taxonomy, and the answer there."""

    attribute: str = Field(examples=["masterCategory"])
    label: str = Field(examples=["Apparel"])


class Explanation(AnswerModel):
    """A heat map of what an answer rests on."""

    attribute: str = Field(examples=["Class"])
    label: str = Field(examples=["Tshirts"])
    method: Literal["occlusion", "activation"]
    image: str = Field(description="The photo under its heat map, as a `data:` URI of a JPEG.")


class PhotoProblem(AnswerModel):
    """Why there is no answer about a photo."""

    code: PhotoCode
    message: str = Field(examples=["not a picture"])


class PhotoAnswer(AnswerModel):
    """A photo with its answers, or the reason why there are none."""

    name: str = Field(description="The file's name, as it was sent.", examples=["shirt.jpg"])
    answers: dict[str, AttributeAnswer] = Field(description="Attribute -> answer; empty where there is an error.")
    path: list[Step] = Field(description="The answers of the taxonomy, from the broadest to the finest.")
    out_of_distribution: bool | None = Field(
        description="Whether the photo is unlike everything that the tagger learned from; nothing is accepted then."
    )
    ood_score: float | None = Field(description="How unlike that it is, from 0 to 1.", examples=[0.12])
    explanation: Explanation | None = None
    error: PhotoProblem | None = None


class TagQuery(AnswerModel):
    """What to return for each photo; an unknown parameter is an error."""

    top: int = Field(
        default=3,
        ge=1,
        le=MOST_LABELS,
        description="How many of the most probable labels to return for each attribute.",
    )
    explain: str | None = Field(default=None, description="The attribute whose answer to explain with a heat map.")
    explain_by: Method = Field(default="occlusion", description="How to compute the heat map.")


class TagResponse(AnswerModel):
    """The answers about the photos of a request, in their order."""

    bundle: str = Field(description="The version of the bundle that answered.", examples=["0f3a9c61d2b84e57"])
    precision: float = Field(description="The precision that accepted answers should have.", examples=[0.98])
    milliseconds: float = Field(ge=0, description="From the last byte of the request to the answer.", examples=[7.4])
    photos: list[PhotoAnswer]


class LabelThreshold(AnswerModel):
    """A label, and from which probability on it is accepted."""

    label: str = Field(examples=["Tshirts"])
    accepted_from: float | None = Field(description="null where every answer goes to review.", examples=[0.914])
    display: dict[str, str] = Field(description="Language -> what people call it.", examples=[{"de": "T-Shirts"}])


class AttributeLabels(AnswerModel):
    """An attribute and its labels."""

    name: str = Field(examples=["Class"])
    display: dict[str, str] = Field(description="Language -> what people call it.", examples=[{"de": "Klasse"}])
    labels: list[LabelThreshold]


class Labels(AnswerModel):
    """The attributes and labels that can be answered."""

    attributes: list[AttributeLabels]
    hierarchy: list[str] = Field(description="Attributes whose answers fit together, from the broadest to the finest.")
    paths: list[list[str]] = Field(description="The labels that fit together: one for each attribute of the hierarchy.")
    names: bool = Field(description="Whether the tagger reads products' names besides their photos.")


class BundleCard(AnswerModel):
    """The bundle that answers."""

    version: str = Field(examples=["0f3a9c61d2b84e57"])
    made_with: str = Field(description="The version of Modiste that made it.", examples=["0.1.0"])
    width: int = Field(description="Of the network's input, in pixels.", examples=[60])
    height: int = Field(examples=[80])
    precision: float = Field(description="The precision that accepted answers should have.", examples=[0.98])
    card: dict[str, Any] = Field(description="The model card.")


class Health(AnswerModel):
    """Whether the service is up."""

    status: Literal["ok", "ready", "not ready"]


class ErrorBody(AnswerModel):
    """What is wrong with a request."""

    code: str = Field(description="One word for programs.", examples=["busy"])
    message: str = Field(description="What is wrong.", examples=["512 photos are waiting already"])
    fix: str | None = Field(default=None, description="What can be done about it.", examples=["try again in a second"])


class Problem(AnswerModel):
    """The response to a request that was refused."""

    error: ErrorBody
    photos: list[PhotoAnswer] = Field(
        default_factory=list, description="Where none of the photos could be answered: why, for each."
    )
