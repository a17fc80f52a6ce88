"""A tuning from data to a model that a tier can serve: load, learn, export, measure before and after.

Everything is written under its final name only when it is whole.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tercet.errors import Unsupported
from tercet.tuning.base import Base, FolderBase, GgufBase
from tercet.tuning.examples import Example, as_json, split
from tercet.tuning.export import write_adapter, write_folder, write_model
from tercet.tuning.judge import Skill, judge
from tercet.tuning.learning import Progress, Recipe, adapted, held_loss, learn

MAX_TOKENS = 2048


class Job(msgspec.Struct, frozen=True):
    """What to do. `base`: a GGUF file, or the folder or name of a Hugging Face model."""

    base: str
    name: str
    folder: Path
    """Where the result goes."""
    recipe: Recipe = Recipe()
    held_share: float = 0.1
    max_tokens: int = MAX_TOKENS


class Result(msgspec.Struct, frozen=True):
    """What came of it. Skills are measured on the held-back examples, where the base is a GGUF file."""

    files: tuple[Path, ...]
    num_learnt: int
    num_held: int
    loss_before: float
    loss_after: float
    skill_before: Skill | None = None
    skill_after: Skill | None = None


def tune(job: Job, examples: Sequence[Example], tell: Callable[[Progress], None]) -> Result:
    """Do `job`. Raises `InvalidRequest` for examples, `ModelUnusable` and `Unsupported` for models."""
    learnt, held = split(list(examples), job.held_share)
    base: Base = GgufBase(Path(job.base)) if job.base.endswith(".gguf") else FolderBase(job.base)
    documents = [base.document(example, job.max_tokens) for example in learnt]
    held_documents = [base.document(example, job.max_tokens) for example in held]
    before = asyncio.run(judge(base.path, None, held)) if isinstance(base, GgufBase) else None
    module = adapted(base.module, job.recipe)
    loss_before = held_loss(module, held_documents, job.recipe)
    loss_after = learn(module, documents, held_documents, job.recipe, tell)
    job.folder.mkdir(parents=True, exist_ok=True)
    files = _export(job, base, module)
    result = Result(files, len(learnt), len(held), loss_before, loss_after, before)
    if isinstance(base, GgufBase):
        model, adapter = (base.path, files[0]) if job.recipe.method == "lora" else (files[0], None)
        result = msgspec.structs.replace(result, skill_after=asyncio.run(judge(model, adapter, held)))
    _write_manifest(job, result)
    return result


def _export(job: Job, base: Base, module: Any) -> tuple[Path, ...]:
    if isinstance(base, GgufBase) and job.recipe.method == "full":
        path = job.folder / f"{job.name}.gguf"
        write_model(base.path, module, path, job.name)
        return (path,)
    adapter = job.folder / f"{job.name}.lora.gguf"
    if isinstance(base, GgufBase):
        write_adapter(module, adapter, job.name, job.recipe.alpha)
        return (adapter,)
    folder = job.folder / job.name
    write_folder(module, base.tokenizer, folder)
    if job.recipe.method == "full":
        return (folder,)
    try:
        write_adapter(module, adapter, job.name, job.recipe.alpha)
    except Unsupported:
        return (folder,)
    return (adapter, folder)


def _write_manifest(job: Job, result: Result) -> None:
    facts = {
        "name": job.name,
        "base": Path(job.base).name,
        "method": job.recipe.method,
        "recipe": msgspec.to_builtins(job.recipe),
        "examples": {"learnt": result.num_learnt, "held_back": result.num_held},
        "held_back_loss": {"before": round(result.loss_before, 4), "after": round(result.loss_after, 4)},
        "held_back_skill": {
            "before": msgspec.to_builtins(result.skill_before),
            "after": msgspec.to_builtins(result.skill_after),
        },
    }
    (job.folder / f"{job.name}.tuning.json").write_text(as_json(facts) + "\n")
