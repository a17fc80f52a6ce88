"""The verbs that requests begin with."""

import re

_VERBS = (
    "add|analy[sz]e|answer|apply|arrange|assess|assign|book|borrow|buy|calculate|call|cancel|change|check|choose|"
    "compare|compute|confirm|convert|count|create|decode|delete|describe|detect|determine|download|email|encode|enroll|estimate|"
    "evaluate|execute|explain|extract|fetch|file|filter|find|forecast|gather|generate|get|give|help|identify|inform|"
    "join|let me|list|locate|log|look|make|map|measure|message|move|notify|obtain|open|order|pay|perform|plan|play|"
    "post|predict|print|provide|pull|purchase|query|rate|read|recommend|record|register|remind|remove|rent|repeat|report|"
    "request|reserve|retrieve|return|review|run|save|schedule|search|see|select|sell|send|set|share|show|simulate|solve|"
    "sort|start|stop|submit|subscribe|suggest|summari[sz]e|tell|track|transfer|translate|turn|update|upload|validate|"
    "verify|view|watch|write"
)
IMPERATIVE = re.compile(_VERBS, re.IGNORECASE)
"""A word with which requests begin."""
