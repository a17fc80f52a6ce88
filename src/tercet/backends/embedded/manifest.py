"""What the manifest beside a model file says of how to ask the model."""

from pathlib import Path

import msgspec

from tercet.confidence import Calibration


class Manifest(msgspec.Struct, frozen=True):
    """What is read of a manifest; the rest of it is for people."""

    calibration: Calibration | None = None
    holds_answers: bool = False
    """Whether answers behind tools' results keep to what those and the conversation say (`telling`), and those to
    messages without tools to what is found before the model is asked (`plain`)."""


def read_manifest(model_path: Path) -> Manifest:
    """Return the manifest beside a model file; an empty one where there is none that can be read."""
    try:
        return msgspec.json.decode(model_path.with_suffix(".json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return Manifest()
