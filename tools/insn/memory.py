# SPDX-License-Identifier: GPL-2.0
from dataclasses import dataclass
@dataclass
class Pair:
    def document(self): return {}
