#!/bin/sh
# The full tier on a CPU: mini with six more layers between its own, which write nothing at first, trained further.
# The shipped weights were made in three goes, 0.5M, 3.3M and 0.5M tokens, each with a rate falling to zero, the last with three times
# the share of browsing (LOG.md).
#   UNTIL=10:25 training/runs/full.sh
# Run from the repository root. Killed at any moment, the same command goes on. DEVICE="--device cuda --bf16" trains on a
# GPU; from nothing in half an hour of one: lease.sh.
set -eu
export OMP_WAIT_POLICY=PASSIVE PYTHONPATH="${PYTHONPATH:-src}"
work=${WORK:-.tercet-train/full}
until=${UNTIL:?time of day at which to end, e.g. UNTIL=10:25}
mkdir -p "$work"
if [ ! -f "$work/checkpoint.pt" ]; then
    python -m training.stages.reopen src/tercet/models/mini.gguf "$work/mini.pt"
    python -m training.stages.grow "$work/mini.pt" "$work/checkpoint.pt" --layers 6 --spread
fi
python -m training.stages.train --config full --work "$work" --until "$until" ${DEVICE:-} --tokens-per-batch 1408 --late \
    --prompt-share 0 --prefer-length 600 --full-share 0.2 --spare sgd/ask sgd/told sgd/later catalog/ask browsing \
    --matrix-lr 0.0022 --vector-lr 0.0005 --decay-share 1.0 \
    --keep '{"gsm8k":0.05,"self_instruct":0.1,"reading":0.5,"catalog/chain":0.5}'
export="python -m training.stages.export $work/checkpoint.pt $work/full.gguf --name tercet-full --recipe training/runs/full.sh"
$export
python -m training.stages.parity "$work/checkpoint.pt" "$work/full.gguf"
python -m training.stages.evaluate --gguf "$work/full.gguf" --out "$work/skill.json"
$export --skill "$work/skill.json"
