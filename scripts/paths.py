"""Where things lie, and which version of Odoo they are tested with."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / ".dev"  # all that ./dev makes; git ignores it
LOGS = DEV / "log"
VENV = DEV / "venv"
DATA = DEV / "data"  # Odoo's data_dir: filestores and sessions
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    / "lead-scoring-dev"
)

ODOO_SERIES = "19.0"
ODOO_PACKAGE = "19.0.0+dfsg-1"  # the build of Debian's odoo-19 last tested
