#!/usr/bin/env bash
# Everything that needs a GPU, in one command of less than eight minutes and without a network:
# build, tests, CPU = CUDA bit for bit, benchmarks, compute-sanitizer.
#
#   bash benchmarks/gpu.sh            logs and JSON go to $OUT (default benchmarks/results)
#   DRY_RUN=1 bash benchmarks/gpu.sh  the same steps where there is no GPU, CPU against CPU
#
# Needs python3 with torch >= 2.10, NumPy, pytest, hypothesis, CMake, Ninja, pybind11; nvcc.
# PYTHON names another Python, SEEDAUG_CUDA_ARCHS other architectures, LIMIT other seconds in all.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

OUT=${OUT:-benchmarks/results}
PYTHON=${PYTHON:-python3}
LIMIT=${LIMIT:-460}
DRY_RUN=${DRY_RUN:-0}
export PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
mkdir -p "$OUT" && OUT=$(cd "$OUT" && pwd) || exit 1
summary=$OUT/gpu-summary.txt
: >"$summary"
failed=0

if [ "$DRY_RUN" = 1 ]; then
  device=cpu
else
  device=cuda
  export SEEDAUG_CUDA=1 SEEDAUG_REQUIRE_CUDA=1 SEEDAUG_CUDA_ARCHS=${SEEDAUG_CUDA_ARCHS:-90}
fi

say() { printf '%s\n' "$*" | tee -a "$summary"; }

# step NAME SECONDS LOG COMMAND...: runs it within its time and what is left of the whole.
step() {
  local name=$1 limit=$2 log=$3 status begin=$SECONDS
  shift 3
  ((limit > LIMIT - SECONDS)) && limit=$((LIMIT - SECONDS))
  if ((limit < 5)); then
    say "$name: not run, the time is up"
    failed=1
    return 1
  fi
  timeout --kill-after=5 "$limit" "$@" >"$OUT/$log" 2>&1
  status=$?
  tail -n 12 "$OUT/$log"
  if ((status == 0)); then
    say "$name: passed in $((SECONDS - begin)) s"
  elif ((status == 124 || status == 137)); then
    say "$name: STOPPED after $limit s, see $log"
    failed=1
  else
    say "$name: FAILED with status $status after $((SECONDS - begin)) s, see $log"
    failed=1
  fi
  return "$status"
}

# sanitizer TOOL SECONDS TESTS: with the caching allocator off, so that every tensor has its own edges.
sanitizer() {
  local tool=$1 limit=$2 tests=$3 log=gpu-sanitizer-$1.log
  if ! command -v compute-sanitizer >/dev/null; then
    say "compute-sanitizer $tool: not run, it is not installed"
    return
  fi
  local before=$failed
  PYTORCH_NO_CUDA_MEMORY_CACHING=1 step "compute-sanitizer $tool" "$limit" "$log" \
    compute-sanitizer --tool "$tool" --error-exitcode 9 --target-processes all \
    "$PYTHON" -m pytest -q -x -p no:cacheprovider tests/test_cuda.py -k "$tests"
  if grep -q "Device not supported" "$OUT/$log"; then
    say "compute-sanitizer $tool: it does not support this device, so the above says nothing"
    failed=$before
  fi
}

say "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), device $device"
if [ "$DRY_RUN" != 1 ]; then
  step build 200 gpu-build.log "$PYTHON" cmake/seedaug_build.py inplace || exit 1
  cuobjdump=$(command -v cuobjdump) || cuobjdump=$("$PYTHON" - <<'EOF'
import importlib.util, pathlib
found = importlib.util.find_spec("triton")  # it brings the program along
print(pathlib.Path(found.origin).parent / "backends/nvidia/bin/cuobjdump" if found else "")
EOF
  )
  [ -x "$cuobjdump" ] &&  # registers and spills of each kernel
    "$cuobjdump" --dump-resource-usage seedaug/_C.so >"$OUT/gpu-registers.log" 2>&1
fi
"$PYTHON" -c "import seedaug; seedaug.show_config()" | tee -a "$summary"

step tests 200 gpu-tests.log \
  "$PYTHON" -m pytest -q -p no:cacheprovider -m cuda --durations=5 tests
step "CPU = CUDA, random programs" 60 gpu-compare.log \
  "$PYTHON" -m benchmarks.compare_devices --device "$device" --seconds "${COMPARE_SECONDS:-40}" \
  --out "$OUT/gpu-compare.json"
step benchmarks 150 gpu-bench.log \
  "$PYTHON" -m benchmarks.bench_gpu --device "$device" --seconds "${BENCH_SECONDS:-2}" --out "$OUT"
sanitizer memcheck 90 "layouts or edges or fills or gradients or commonest or lists_of_different_sizes and not 300 and not 700"
sanitizer racecheck 45 "test_programs and everything"

say "in all $SECONDS s: $([ "$failed" = 0 ] && echo passed || echo FAILED)"
cat "$summary"
exit "$failed"
