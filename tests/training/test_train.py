"""The trainer: learns, stops at its deadline, resumes where it was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.small import TINY, repeated_batch, settings
from training import checkpoint, stock, tokenizer
from training.export import write_gguf
from training.model import Decoder
from training.optimizer import orthogonalise
from training.shards import Source
from training.stages.train import ahead
from training.trainer import Trainer, rate

ROOT = Path(__file__).resolve().parents[2]
SHAPE = '{"d_model":32,"num_layers":1,"num_heads":1,"num_kv_heads":1,"d_ffn":32}'


def one_loss(trainer: Trainer) -> float:
    trainer.train_step([repeated_batch()], time.time())
    return trainer.counted()["loss"]


@pytest.mark.parametrize("kind", ["cpu", "workers"])
def test_learns_a_sequence_and_resumes(kind: str, tmp_path: Path) -> None:
    wanted = replace(settings(tmp_path), kind=kind)  # type: ignore[arg-type]
    trainer = Trainer(wanted)
    losses = [one_loss(trainer) for _ in range(60)]
    assert losses[-1] < losses[0] / 2
    trainer.save()
    again = Trainer(wanted)
    assert (again.step, again.tokens, again.generation) == (60, 60 * 128, 1)
    assert one_loss(again) == pytest.approx(one_loss(trainer), rel=1e-4)
    for each in (trainer, again):
        each.compute.stop()


def test_a_run_goes_on_with_its_positions_and_refuses_another_shape(tmp_path: Path) -> None:
    older = replace(settings(tmp_path), config=replace(TINY, rope_theta=1e4, max_context=64))
    Trainer(older).save()
    assert Trainer(settings(tmp_path)).decoder.config == older.config
    with pytest.raises(ValueError, match="another num_layers"):
        Trainer(replace(settings(tmp_path), config=replace(TINY, num_layers=3)))


def test_documents_longer_than_the_context_are_refused(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    with pytest.raises(ValueError, match="--max-long 256"):
        Trainer(replace(wanted, source=replace(wanted.source, long_share=0.1)))


def test_prompts_are_learnt_until_so_many_tokens(tmp_path: Path) -> None:
    trainer = Trainer(replace(settings(tmp_path), prompt_share=1.0, prompt_tokens=100))
    batch = repeated_batch()
    batch.learnt[:] = False
    batch.learnt[:, 1] = True
    trainer.step = 1000
    trainer.train_step([batch], time.time())
    first = trainer.sums[1].item()
    trainer.counted()
    trainer.train_step([batch], time.time())
    assert (first, trainer.sums[1].item()) == (4 * 31, 4)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    trainer = Trainer(settings(tmp_path))
    torch.nn.init.constant_(trainer.decoder.embed.weight, float("nan"))
    with pytest.raises(FloatingPointError, match="at step 1"):
        one_loss(trainer)


def test_rate_warms_up_holds_and_ends_at_the_deadline() -> None:
    assert rate(0, 0.0, 0.0, 1000.0, 0.25) == pytest.approx(0.01)
    assert rate(500, 400.0, 0.0, 1000.0, 0.25) == 1.0
    assert rate(500, 875.0, 0.0, 1000.0, 0.25) == pytest.approx(0.5)
    assert rate(500, 1001.0, 0.0, 1000.0, 0.25) == 0.0


def test_orthogonalise_evens_out_singular_values() -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalise(torch.randn(3, 48, 32)))
    assert values.min() > 0.5
    assert values.max() < 1.3


def test_logits_at_reads_only_the_given_positions() -> None:
    torch.manual_seed(0)
    decoder = Decoder(TINY)
    tokens = torch.randint(0, 8192, (2, 16))
    positions = torch.tensor([3, 20])
    torch.testing.assert_close(decoder.logits_at(tokens, positions), decoder(tokens).flatten(0, 1)[positions])


def test_what_a_thread_raises_is_raised_where_it_is_read() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("gone")

    made = ahead(items(), 4)
    assert next(made) == 1
    with pytest.raises(KeyError, match="gone"):
        next(made)


def tiny_stock(folder: Path) -> None:
    source = Source("tests.training.tiny_mixture", folder, False, {}, 2048)
    for process in stock.start(source, folder, 3, 4000, 12_000, 1):
        process.join()


def command(tmp_path: Path, work: str, *more: str) -> list[str]:
    return [
        "training.stages.train", "--work", str(tmp_path / work), "--data", str(tmp_path), "--shape", SHAPE, "--eager",
        "--mixture", "tests.training.tiny_mixture", "--stock", str(tmp_path / "stock"), "--device", "cpu",
        "--tokens-per-batch", "512", "--batches-per-step", "1", "--held-out-tokens", "2000", *more,
    ]  # fmt: skip


def environment() -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def log(work: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]


@pytest.mark.timeout(300)
def test_a_killed_run_saves_and_the_same_command_goes_on(tmp_path: Path) -> None:
    tiny_stock(tmp_path / "stock")
    work = tmp_path / "run"
    endless = [sys.executable, "-m", *command(tmp_path, "run", "--minutes", "60")]
    process = subprocess.Popen(endless, cwd=ROOT, env=environment())
    try:
        while not (work / "log.jsonl").exists() or len(log(work)) < 3:
            assert process.poll() is None
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 128 + signal.SIGTERM
    finally:
        process.kill()
    killed = checkpoint.load(work / "checkpoint.pt")
    assert killed["step"] == log(work)[-1]["step"] > 0
    assert killed["times_read"]
    more = [sys.executable, "-m", *command(tmp_path, "run", "--minutes", "60", "--max-steps", str(killed["step"] + 3))]
    subprocess.run(more, cwd=ROOT, env=environment(), check=True)
    after = checkpoint.load(work / "checkpoint.pt")
    assert (after["step"], after["generation"]) == (killed["step"] + 3, 1)
    assert after["tokens"] > killed["tokens"]
    assert "dev_exact" in log(work)[-1]


@pytest.mark.timeout(400)
def test_two_processes_of_torchrun_make_one_run(tmp_path: Path) -> None:
    tiny_stock(tmp_path / "stock")
    several = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    subprocess.run(
        [*several, *command(tmp_path, "both", "--minutes", "60", "--max-steps", "6")],
        cwd=ROOT, env=environment(), check=True, timeout=380,
    )  # fmt: skip
    lines = log(tmp_path / "both")
    assert [line["step"] for line in lines] == [0, 6, 6]
    state = checkpoint.load(tmp_path / "both" / "checkpoint.pt")
    assert state["step"] == 6
    assert 6 * 512 < state["tokens"] <= 2 * 6 * 512


def test_the_teacher_may_be_a_file_that_was_exported(tmp_path: Path) -> None:
    torch.manual_seed(5)
    write_gguf(tmp_path / "larger.gguf", Decoder(replace(TINY, num_layers=3)), tokenizer.load(), "larger", "f32")
    taught = replace(settings(tmp_path / "a"), teacher=tmp_path / "larger.gguf", teacher_share=1.0)
    alone, followed = Trainer(settings(tmp_path / "b")), Trainer(taught)
    assert one_loss(followed) != pytest.approx(one_loss(alone))
    with pytest.raises(ValueError, match="vocabulary"):
        Trainer(replace(taught, work=tmp_path / "c", config=replace(TINY, vocab_size=64)))
