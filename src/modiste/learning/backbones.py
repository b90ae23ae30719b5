"""What a tagger's network can be built on: ours, and every image backbone of `keras.applications`.

To add one, write a function like `lite0.lite0` that builds its trunk, one like `pretrained.load_imagenet` that loads
its weights, and add a `Backbone` to `OURS`. The network around it, its training, export, heat maps and decisions need
not know it: all they ask for is a last feature map.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from modiste.errors import ConfigError, nearest
from modiste.learning.applications import application_names, build_application, download_imagenet, smallest_side
from modiste.learning.lite0 import lite0
from modiste.learning.pretrained import load_imagenet

__all__ = ["LITE0", "OURS", "Backbone", "find_backbone"]

LITE0 = "efficientnet-lite0"
"""The name of the backbone that ships, the default one."""


@dataclass(frozen=True)
class Backbone:
    """A trunk that a network can be built on, with all that belongs to it.

    Attributes:
        name: What `--backbone` calls it.
        title: What people call it.
        build: Maps pictures, uint8 (batch, height, width, 3), to the last feature map, (batch, rows, columns, filters);
            its own scaling of bytes is a part of it. Takes the pictures, the `Pieces` to build it of, the `name` of the
            layer that gives the feature map, and `options`.
        load_imagenet: Gives the trunk of a `tagger_net` weights learned on ImageNet; raises `DownloadError` where it
            cannot.
        smallest: The shortest side of a picture that it takes, in pixels.
        options: The settings of `TrainConfig` that it alone has.
    """

    name: str
    title: str
    build: Callable[..., keras.KerasTensor]
    load_imagenet: Callable[[keras.Model], None]
    smallest: int = 1
    options: tuple[str, ...] = ()

    def options_of(self, settings: Any) -> dict[str, Any]:
        """Returns the settings that this backbone alone has, name -> value, of those of a training."""
        return {name: getattr(settings, name) for name in self.options}


OURS = (Backbone(LITE0, "EfficientNet-Lite0", lite0, load_imagenet, options=("last_stride", "shallow")),)
"""The backbones that are built here. The place to add one."""


def find_backbone(name: str) -> Backbone:
    """Returns the backbone of a name, in whatever case it is written.

    Raises:
        ConfigError: There is none.
    """
    ours = {each.name: each for each in OURS}
    known = (*ours, *application_names())
    spelt = {each.casefold(): each for each in known}.get(name.casefold())
    if spelt is None:
        raise ConfigError(
            f"no backbone is called {name!r}{nearest(name, known)}",
            where="--backbone",
            fix=f"take {', '.join(ours)} or one of keras.applications, for instance EfficientNetV2B0",
        )
    return ours.get(spelt) or Backbone(
        spelt, spelt, partial(build_application, spelt), partial(download_imagenet, spelt), smallest_side(spelt)
    )
