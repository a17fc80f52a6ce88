"""`tercet train`."""

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tercet.cli.options import config_option, load_config
from tercet.cli.terminal import print_line
from tercet.errors import InvalidRequest, Unsupported

if TYPE_CHECKING:
    from tercet.config import Config
    from tercet.tuning.judge import Skill
    from tercet.tuning.learning import Progress
    from tercet.tuning.tuner import Result

NEEDED = ("torch", "transformers", "peft", "gguf")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@click.command(short_help="Fine-tune a model on your own calls.")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--base", default="nano", show_default=True, help="A tier, a GGUF file, or a Hugging Face folder or name."
)
@click.option("--method", type=click.Choice(["lora", "full"]), default="lora", show_default=True)
@click.option("--name", default=None, help="What to call the result; default: the data file's name.")
@click.option("--epochs", type=click.IntRange(1, 1000), default=3, show_default=True)
@click.option("--rate", type=float, default=None, help="Learning rate; default 3e-4 (lora), 5e-5 (full).")
@click.option("--rank", type=click.IntRange(1, 1024), default=16, show_default=True, help="Of the adapters.")
@click.option("--held-back", type=click.FloatRange(0.01, 0.5), default=0.1, show_default=True, help="Share to test on.")
@click.option("--max-tokens", type=click.IntRange(16), default=2048, show_default=True, help="Longest example.")
@click.option("--seed", type=int, default=0, show_default=True)
@config_option
def train(
    data: Path,
    base: str,
    method: str,
    name: str | None,
    epochs: int,
    rate: float | None,
    rank: int,
    held_back: float,
    max_tokens: int,
    seed: int,
    config_file: Path | None,
) -> None:
    """Fine-tune a model on DATA: one JSON object per line, "messages" and "tools" as in OpenAI's fine-tuning format.

    A tenth of the lines is held back; the model is measured on it before and after, as it is served. The result goes
    into the model folder, and the lines to put into tercet.toml are printed.
    """
    from tercet.tuning.examples import read_examples

    settings = load_config(config_file).config
    chosen = name or data.stem
    if not _NAME.fullmatch(chosen):
        raise InvalidRequest(f"--name {chosen!r} is no file name; use letters, digits, dots, dashes and underscores")
    examples = read_examples(data)
    missing = [module for module in NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise Unsupported(f'`tercet train` needs {", ".join(missing)}: pip install "tercet[train]"')
    source = _base_model(base, settings)
    print_line(f"{len(examples)} answers to learn from; base {Path(source).name}, {method}")
    from tercet.tuning.learning import Recipe
    from tercet.tuning.tuner import Job, tune

    recipe = Recipe("full" if method == "full" else "lora", epochs, rate, rank, 2.0 * rank, seed=seed)
    job = Job(source, chosen, settings.model_folder, recipe, held_back, max_tokens)
    _report(tune(job, examples, _Shown(epochs)), source, method)


def _base_model(base: str, settings: "Config") -> str:
    """Return what `base` means: the GGUF file of a tier, a file, or a Hugging Face folder or name as it is."""
    from tercet.config import TIER_NAMES
    from tercet.main import model_path

    if base not in TIER_NAMES:
        return base
    tier = settings.tiers.get(base)
    if tier is None or tier.backend != "embedded" or not tier.model:
        raise Unsupported(f"the tier {base} is not bound to a GGUF file; name a model with --base", param="base")
    return str(model_path(tier.model, settings))


class _Shown:
    """Tells of progress: a line per epoch, and ten within it."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs

    def __call__(self, progress: "Progress") -> None:
        if progress.held_loss is not None:
            print_line(f"epoch {progress.epoch} of {self._epochs}: held-back loss {progress.held_loss:.4f}")
        elif progress.step % max(1, progress.num_steps // (10 * self._epochs)) == 0:
            print_line(f"  step {progress.step} of {progress.num_steps}: loss {progress.loss:.4f}")


def _report(result: "Result", source: str, method: str) -> None:
    print_line(f"held-back loss {result.loss_before:.4f} before, {result.loss_after:.4f} after")
    if result.skill_before is not None and result.skill_after is not None:
        print_line(f"right calls {_share(result.skill_before)} before, {_share(result.skill_after)} after")
    for path in result.files:
        print_line(f"Saved {path}")
    first = result.files[0]
    if source.endswith(".gguf") and method == "lora":
        print_line(f'To serve it: [tiers.nano] model = "{source}", loras = ["{first}"]')
    elif first.suffix == ".gguf" and method == "full":
        print_line(f'To serve it: [tiers.nano] model = "{first.name}"')


def _share(skill: "Skill") -> str:
    return f"{skill.right} of {skill.n} (right tools: {skill.tools_right})"
