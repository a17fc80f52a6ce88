"""How the model is told which limit of the sandbox its code was stopped at."""

from tercet.sandbox.base import StopReason

STOPPED: dict[StopReason, str] = {
    "time": "it ran longer than its time limit",
    "memory": "it used more memory than there is",
    "processes": "it started more processes than are allowed",
    "disk": "the workspace is full; delete files",
    "output": "it wrote more output than anybody could read",
}
