"""The bodies of the API's responses, made of the results of the inference service."""

from collections.abc import Sequence

from starlette.responses import Response

from modiste.errors import RequestError
from modiste.serving.inference import HeatMap, InferenceService, PhotoResult
from modiste.serving.problems import problem_response
from modiste.serving.schemas import (
    AttributeAnswer,
    AttributeLabels,
    Explanation,
    LabelProbability,
    Labels,
    LabelThreshold,
    PhotoAnswer,
    PhotoProblem,
    Step,
    TagResponse,
)

__all__ = ["labels_response", "photo_answer", "tag_response"]


def labels_response(inference: InferenceService) -> Labels:
    """Returns the attributes that can be answered, with their labels."""
    bundle = inference.predictor.bundle
    chosen = inference.predictor.selections(inference.precision)
    attributes = [
        AttributeLabels(
            name=attribute.name,
            display=dict(attribute.display),
            labels=[
                LabelThreshold(
                    label=label,
                    accepted_from=float(least) if least <= 1 else None,
                    display=dict(attribute.label_display.get(label, {})),
                )
                for label, least in zip(attribute.labels, selection.thresholds.tolist(), strict=True)
            ],
        )
        for attribute, selection in zip(bundle.attributes, chosen, strict=True)
    ]
    return Labels(
        attributes=attributes,
        hierarchy=list(inference.hierarchy),
        paths=_paths(inference),
        names=inference.reads_names,
    )


def _paths(inference: InferenceService) -> list[list[str]]:
    hierarchy = inference.predictor.bundle.hierarchy
    if hierarchy is None:
        return []
    labels = {attribute.name: attribute.labels for attribute in inference.predictor.bundle.attributes}
    columns = [hierarchy.attributes.index(name) for name in inference.hierarchy]
    rows = hierarchy.combinations[:, columns].tolist()
    named = [[labels[name][label_id] for name, label_id in zip(inference.hierarchy, row, strict=True)] for row in rows]
    return sorted(named)


def tag_response(
    inference: InferenceService, results: Sequence[PhotoResult], top: int, milliseconds: float
) -> Response:
    """Returns the answers as JSON; where no photo could be answered, a problem with the reason for each."""
    photos = [photo_answer(each, inference.hierarchy, top) for each in results]
    if all(photo.error for photo in photos):
        none = RequestError(422, "no_answer", "no photo can be answered", fix="each photo says why")
        return problem_response(none, photos)
    body = TagResponse(
        bundle=inference.version, precision=inference.precision, milliseconds=round(milliseconds, 3), photos=photos
    )
    return Response(body.model_dump_json(), media_type="application/json")


def photo_answer(result: PhotoResult, hierarchy: Sequence[str], top: int) -> PhotoAnswer:
    """Returns the body for one photo.

    Args:
        result: Its answers, or why there are none.
        hierarchy: The attributes of the path, in its order.
        top: How many labels to name.
    """
    answers = {
        name: AttributeAnswer(
            label=answer.label,
            probability=answer.probability,
            decision=answer.decision,
            top=[LabelProbability(label=label, probability=share) for label, share in answer.top[:top]],
        )
        for name, answer in result.prediction.answers.items()
    }
    path = [Step(attribute=name, label=answers[name].label) for name in hierarchy if name in answers]
    error, heat_map = result.error, result.heat_map
    return PhotoAnswer(
        name=result.prediction.path,
        answers=answers,
        path=path,
        out_of_distribution=result.out_of_distribution,
        ood_score=result.prediction.ood_score,
        explanation=None if heat_map is None else _explanation(heat_map),
        error=None if error is None else PhotoProblem(code=error.code, message=error.reason),
    )


def _explanation(heat_map: HeatMap) -> Explanation:
    return Explanation(
        attribute=heat_map.attribute,
        label=heat_map.label,
        method=heat_map.method,
        image=heat_map.image,
    )
