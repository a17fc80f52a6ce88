"""An exported file is held against its checkpoint, and a file of other weights is found out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.small import TINY
from training import checkpoint, tokenizer
from training.export import Precision, read_gguf, write_gguf
from training.model import Decoder
from training.stages import parity

CONFIG = replace(TINY, max_context=512)


def written(folder: Path, seed: int, precision: Precision) -> tuple[Path, Path]:
    torch.manual_seed(seed)
    decoder = Decoder(CONFIG)
    state = {"config": checkpoint.config_state(CONFIG), "model": decoder.state_dict(), "average": None}
    checkpoint.save(folder / f"{seed}.pt", state)
    write_gguf(folder / f"{seed}.gguf", decoder, tokenizer.load(), "test", precision)
    return folder / f"{seed}.pt", folder / f"{seed}.gguf"


@pytest.mark.parametrize(("precision", "distance"), [("f32", 1e-4), ("q8_0", 0.2)])
def test_the_file_read_back_computes_the_same(precision: Precision, distance: float, tmp_path: Path) -> None:
    source, file = written(tmp_path, 1, precision)
    decoder, _ = checkpoint.load_decoder(source)
    read = read_gguf(file)
    assert read.config == replace(decoder.config, norm_eps=read.config.norm_eps)
    assert read.config.norm_eps == pytest.approx(decoder.config.norm_eps)
    top = parity.in_torch(read)
    figures = parity.compared(decoder, top, parity.prompts(6))
    assert figures["max_distance"] < distance
    if precision == "f32":
        assert figures["same_best"] == 1


def test_other_weights_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source, _), (_, file) = written(tmp_path, 1, "q8_0"), written(tmp_path, 2, "q8_0")
    monkeypatch.setattr(parity, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["parity", str(source), str(file), "--prompts", "4"])
    with pytest.raises(SystemExit, match="chooses other tokens"):
        parity.main()
