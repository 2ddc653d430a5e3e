"""What is said of a member that ended by itself."""

from driftline.local.child import Child
from driftline.output import FAILED, REFUSED, Refusal


def died(child: Child) -> Refusal:
    """Its exit code, the end of its log, where all of it is."""
    return Refusal(
        f"{child.name} ended with exit code {child.exit_code}",
        cause=f"the end of its log:\n{child.last_lines()}",
        fix=f"the whole log is {child.log}",
        code=REFUSED if child.exit_code == REFUSED and child.name != "broker" else FAILED,
    )
