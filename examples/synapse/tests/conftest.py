"""Makes the module's pure parts importable where there is no Synapse: without its `__init__`."""

import sys
from pathlib import Path
from types import ModuleType

package = ModuleType("outboard_synapse")
package.__path__ = [str(Path(__file__).resolve().parent.parent / "outboard_synapse")]
sys.modules.setdefault("outboard_synapse", package)
