# Sourced by the scripts beside it: where this checkout's Python and Odoo are.
IPAI_CHECKOUT="$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")"
IPAI_INSTANCE="${IPAI_INSTANCE:-ipai}"
export IPAI_INSTANCE
export IPAI_STATE="${IPAI_STATE:-/var/lib/ipai/$IPAI_INSTANCE}"
export IPAI_CACHE="${IPAI_CACHE:-/var/cache/ipai}"
ipai_key() { sha256sum < "$IPAI_CHECKOUT/$1" | cut -c1-12; }
IPAI_PYTHON="$IPAI_CACHE/venv-$(ipai_key requirements.lock)/bin/python"
if [ -n "${ODOO_SOURCE:-}" ]; then
  IPAI_ODOO="$ODOO_SOURCE/odoo-bin"
  IPAI_ODOO_PATH="$ODOO_SOURCE"
else
  IPAI_ODOO_ROOT="$IPAI_CACHE/odoo-$(ipai_key script/odoo-source.lock)"
  IPAI_ODOO="$IPAI_ODOO_ROOT/usr/bin/odoo"
  IPAI_ODOO_PATH="$IPAI_ODOO_ROOT/usr/lib/python3/dist-packages"
fi
if [ ! -x "$IPAI_PYTHON" ] || [ ! -e "$IPAI_ODOO" ]; then
  echo "The Python environment is not there yet: run “script/server setup” first." >&2
  exit 1
fi
export PYTHONPATH="$IPAI_ODOO_PATH:$IPAI_CHECKOUT/toolbox${PYTHONPATH:+:$PYTHONPATH}"
export DOCUTILSCONFIG="$IPAI_CHECKOUT/script/docutils.conf"
