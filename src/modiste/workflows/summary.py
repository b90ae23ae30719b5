"""The study's network in numbers, without any data."""

from pathlib import Path

from modiste.catalogue.taxonomy import load_taxonomy
from modiste.config import StudyConfig
from modiste.dataset.images import Size
from modiste.learning.layers import network_facts
from modiste.learning.study_cnn import study_cnn
from modiste.learning.training import Network
from modiste.reports.study import LayerSummary, NetworkSummary

__all__ = ["summarise", "summarise_study"]


def summarise(network: Network) -> NetworkSummary:
    """Returns a network's table and totals."""
    facts = network_facts(network)
    rows = tuple(
        LayerSummary(f"{layer.name} ({layer.kind})", str(layer.output_shape), layer.parameters)
        for layer in facts.layers
    )
    return NetworkSummary(rows, facts.trainable + facts.non_trainable, facts.trainable, facts.non_trainable)


def summarise_study(config: StudyConfig) -> NetworkSummary:
    """Returns the table and totals of the network that the settings ask for, for pictures of 60x80."""
    size = Size()
    network = study_cnn(
        len(load_taxonomy(Path(config.taxonomy) if config.taxonomy else None).labels),
        height=size.height,
        width=size.width,
        channels=1 if config.greyscale else 3,
        bn_momentum=config.bn_momentum,
    )
    return summarise(network)
