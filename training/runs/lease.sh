#!/bin/sh
# Both larger tiers in half an hour of one CUDA machine: shards on every core, full, mini, exports, parity, figures, files.
#
#   training/runs/lease.sh            # all of it; killed at any moment, the same command goes on
#   training/runs/lease.sh --smoke    # the same stages with tiny shapes on a CPU, in about two minutes
#
# Where a command may not run long, LIMIT_S=540 starts it in the background, follows it so long and returns; the same
# command follows on. Full comes first: it reads shards as they are made, and mini then has all of them to read, faster
# than they could be made. MINUTES counts from the first start. What is worth keeping is written to OUT, in pieces of at
# most 15 MB. TIERS=mini trains one tier alone, MINI_EXTRA="--teacher CHECKPOINT" has it imitate a larger one, EXTRA=--eager
# does without compilation. The data: TERCET_DATA, or what lease-pack.sh packed into .lease/.
set -eu
main() {   # read whole before it runs, so that a new copy of this file does not disturb a lease
cd "$(dirname "$0")/../.."
smoke=no; [ "${1:-}" = --smoke ] && smoke=yes
work=${WORK:-.tercet-train/lease}; [ $smoke = yes ] && work=${WORK:-.tercet-train/smoke}
mkdir -p "$work"; work=$(cd "$work" && pwd)
out=${OUT:-$work/out}; mkdir -p "$out"

if [ -n "${LIMIT_S:-}" ] && [ -z "${INSIDE:-}" ]; then
    if [ ! -f "$work/done" ] && ! kill -0 "$(cat "$work/pid" 2>/dev/null || echo none)" 2>/dev/null; then
        INSIDE=1 OUT="$work/out" setsid "$0" "$@" >>"$work/lease.log" 2>&1 </dev/null &
        echo $! >"$work/pid"
    fi
    until=$(($(date +%s) + LIMIT_S))
    while [ "$(date +%s)" -lt "$until" ] && [ ! -f "$work/done" ] && kill -0 "$(cat "$work/pid")" 2>/dev/null; do sleep 1; done
    tail -n 40 "$work/lease.log"
    [ ! -f "$work/done" ] || [ "$out" = "$work/out" ] || cp "$work"/out/* "$out"/
    [ -f "$work/done" ] || kill -0 "$(cat "$work/pid")" 2>/dev/null
    exit
fi

python=${PYTHON:-python3}
export OMP_NUM_THREADS=1 RAYON_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1
export PYTHONPATH="$work/site:src${PYTHONPATH:+:$PYTHONPATH}"
if [ -d .lease ] && [ ! -f "$work/unpacked" ]; then
    tar xzf .lease/data.tar.gz -C "$work"
    for wheel in .lease/*.whl; do $python -m zipfile -e "$wheel" "$work/site"; done
    touch "$work/unpacked"
fi
[ -d .lease ] && export TERCET_DATA="${TERCET_DATA:-$work/data}"

[ -f "$work/began" ] || date +%s >"$work/began"
began=$(cat "$work/began")
minutes=${MINUTES:-25}
at() { echo $((began + minutes * 60 * $1 / 100)); }   # Unix time at so many per cent of the lease
cores=$(nproc)
steps=1000000000
case $smoke in
no)
    device="--device cuda --bf16"; measured=cuda; cases=1000
    producers=${PRODUCERS:-$((cores - 1))}; stock_tokens=${STOCK_TOKENS:-2e9}; shard_tokens=2000000
    full_shape='{"d_model":448,"num_layers":12,"head_dim":64,"d_ffn":1152}'; full_batches="--tokens-per-batch 65536 --batches-per-step 2"
    mini_shape="{}"; mini_batches=$full_batches
    full_end=$(at 58); mini_end=$(at 90); agreement=0.95; longest=32000 ;;
yes)
    device="--device cpu --eager --held-out-tokens 5000"; measured=cpu; cases=4
    producers=${PRODUCERS:-1}; stock_tokens=60000; shard_tokens=20000
    full_shape='{"d_model":64,"num_layers":2,"num_heads":2,"num_kv_heads":1,"d_ffn":96}'; full_batches="--tokens-per-batch 4096"
    mini_shape='{"d_model":32,"num_layers":2,"num_heads":1,"num_kv_heads":1,"d_ffn":64}'; mini_batches=$full_batches
    steps=4; full_end=$(($(date +%s) + 600)); mini_end=$full_end; agreement=0; longest=4000 ;;
esac
late='--late --long-share 0.04 --full-share 0.25 --keep {"gsm8k":0.05,"self_instruct":0.1,"reading":0.5,"sgd":0.3}'

say() { echo "$(date +%H:%M:%S) $*"; }

say "shards: $producers producers"
$python -m training.stages.shards "$work/stock" --tokens "$stock_tokens" --shard-tokens $shard_tokens \
    --producers "$producers" --max-long $longest $late >>"$work/shards.log" 2>&1 &
making=$!
trap 'kill $making 2>/dev/null || true' EXIT
sleep 5
kill -0 $making 2>/dev/null || wait $making || { tail -n 20 "$work/shards.log"; exit 1; }

# train NAME SHAPE BATCHES END: one tier from nothing, or from its checkpoint, until END.
train() {
    [ -f "$work/$1/trained" ] && return
    say "$1: until $(date -d "@$4" +%H:%M:%S)"
    $python -m training.stages.train --config "$1" --shape "$2" --work "$work/$1" --stock "$work/stock" --deadline "$4" \
        $device $3 --max-steps $steps --prompt-share 0.05 --prompt-tokens 6e7 --decay-share 0.5 --save-every-s 120 --dev-every 500 \
        --max-long $longest $late ${EXTRA:-} ${5:-}
    touch "$work/$1/trained"
}

# finish NAME: the file that is served, held against the checkpoint, and its figures.
finish() {
    [ -f "$work/$1/finished" ] && return
    say "$1: export"
    $python -m training.stages.export "$work/$1/checkpoint.pt" "$work/$1/$1.gguf" --name "tercet-$1" --recipe training/runs/lease.sh
    $python -m training.stages.parity "$work/$1/checkpoint.pt" "$work/$1/$1.gguf" --min-agreement $agreement --out "$work/$1/parity.json"
    $python -m training.stages.evaluate --checkpoint "$work/$1/checkpoint.pt" --device $measured --max-cases $cases --out "$work/$1/skill.json"
    touch "$work/$1/finished"
}

for tier in ${TIERS:-full mini}; do
    case $tier in
    full) train full "$full_shape" "$full_batches" "$full_end" ;;
    mini) train mini "$mini_shape" "$mini_batches" "$mini_end" "${MINI_EXTRA:-}" ;;
    esac
done
kill $making 2>/dev/null || true
for tier in ${TIERS:-full mini}; do finish "$tier"; done

say "files"
rm -f "$out"/*
logs=; for tier in ${TIERS:-full mini}; do logs="$logs $work/$tier/log.jsonl"; done
$python -m training.stages.plots "$work/plots" --logs $logs || say "no plots: matplotlib is missing"
(cd "$work" && for tier in ${TIERS:-full mini}; do
    echo "$tier/$tier.gguf $tier/$tier.json $tier/parity.json $tier/skill.json $tier/log.jsonl"
done | xargs tar cf - shards.log stock/stock.json $([ -d plots ] && echo plots)) | split -b 15M -d - "$out/lease.tar."
touch "$work/done"
say "done: cat $out/lease.tar.* | tar xf -"
ls -l "$out"
}
main "$@"
