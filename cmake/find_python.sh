#!/bin/sh
# Prints a Python >= 3.10 that can make virtual environments and compile extensions: $1 if given, else the first found.
try() {
  command -v "$1" >/dev/null 2>&1 && "$1" - 2>/dev/null <<'CHECK'
import ensurepip, os, sys, sysconfig, venv
header = os.path.join(sysconfig.get_path("include"), "Python.h")
sys.exit(sys.version_info < (3, 10) or not os.path.exists(header))
CHECK
}
for python in ${1:-python3 python python3.14 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3}; do
  if try "$python"; then
    command -v "$python"
    exit 0
  fi
done
echo "seedaug: no Python 3.10 or newer with venv and its headers found (tried ${1:-python3, python, python3.10 to 3.14});" \
  "install one (Debian: python3 python3-venv python3-dev) or name it: make PYTHON=/path/to/python3" >&2
exit 1
