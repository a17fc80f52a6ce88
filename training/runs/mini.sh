#!/bin/sh
# The mini tier on a CPU: nano's weights made twice as wide, so that it begins where nano ended, and trained further.
#   UNTIL=06:35 training/runs/mini.sh
# Run from the repository root. Killed at any moment, the same command goes on. DEVICE="--device cuda --bf16" trains on a
# GPU; from nothing in half an hour of one: lease.sh.
set -eu
export OMP_WAIT_POLICY=PASSIVE PYTHONPATH="${PYTHONPATH:-src}"
work=${WORK:-.tercet-train/mini}
until=${UNTIL:?time of day at which to end, e.g. UNTIL=06:35}
mkdir -p "$work"
if [ ! -f "$work/checkpoint.pt" ]; then
    python -m training.stages.reopen src/tercet/models/nano.gguf "$work/nano.pt"
    python -m training.stages.widen "$work/nano.pt" "$work/checkpoint.pt"
fi
python -m training.stages.train --config mini --work "$work" --until "$until" ${DEVICE:-} --tokens-per-batch 1408 --late \
    --prompt-share 0 --prefer-length 600 --full-share 0.2 --spare sgd/ask sgd/told sgd/later catalog/ask browsing \
    --matrix-lr 0.003 --vector-lr 0.0007 --decay-share 0.6 \
    --keep '{"gsm8k":0.05,"self_instruct":0.1,"reading":0.5,"catalog/chain":0.5}'
export="python -m training.stages.export $work/checkpoint.pt $work/mini.gguf --name tercet-mini --recipe training/runs/mini.sh"
$export
python -m training.stages.parity "$work/checkpoint.pt" "$work/mini.gguf"
python -m training.stages.evaluate --gguf "$work/mini.gguf" --out "$work/skill.json"
$export --skill "$work/skill.json"
