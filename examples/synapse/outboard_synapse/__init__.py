"""A Matrix Synapse module on outboard-app. Named in homeserver.yaml as
`outboard_synapse.OutboardModule`.
"""

from outboard_synapse.module import OutboardModule

__all__ = ["OutboardModule"]
