"""Whether the stack's Prometheus sees every service, and answers what the dashboards ask."""

from driftline.output import Refusal
from driftline.patient import Patient, Skipped
from driftline.queries import Prometheus, Refused, has_data, of_dashboards

NAME = "prometheus"


def targets(patient: Patient) -> str:
    """Whether every service with an admin port is scraped."""
    found = {one["labels"]["instance"]: one for one in _asked(patient).targets()}
    members = patient.stack.members if patient.stack else ()
    wanted = [one.address.removeprefix("http://") for one in members if one.ready_url and "." in one.name]
    missing = [address for address in wanted if address not in found]
    if missing:
        fix = f"name it in {patient.directory / NAME / 'targets.yml'}, or start the stack again"
        raise Refusal("a service is not scraped", cause=f"Prometheus does not know {', '.join(missing)}", fix=fix)
    down = [f"{address}: {found[address]['lastError']}" for address in wanted if found[address]["health"] == "down"]
    if down:
        raise Refusal("a target is down", cause="; ".join(down), fix="see `ports`, then the log of that service")
    return f"{len(wanted)} up: {', '.join(str(found[address]['labels']['job']) for address in wanted)}"


def queries(patient: Patient) -> str:
    """Whether every query of every dashboard is answered, and how many have something to show."""
    patient.needs("targets")
    prometheus, count, full = _asked(patient), 0, 0
    for query in of_dashboards():
        try:
            full += has_data(prometheus.series(query.filled()))
        except (Refused, OSError) as error:
            fix = "look at Prometheus's log, or take dashboards and rules of one version"
            raise Refusal(f"{query.place} is not answered", cause=str(error), fix=fix) from error
        count += 1
    return f"{count} of the dashboards answered, {full} with data in the last ten minutes"


def _asked(patient: Patient) -> Prometheus:
    members = patient.stack.members if patient.stack else ()
    prometheus = next((one for one in members if one.name == NAME), None)
    if prometheus is None:
        raise Skipped("the stack has no Prometheus: `driftline up --observability` starts one")
    asked = Prometheus(prometheus.address)
    try:
        asked.targets()
    except (OSError, Refused) as error:
        fix = f"its log is {prometheus.log}"
        raise Refusal(f"no Prometheus at {prometheus.address}", cause=str(error), fix=fix) from error
    return asked
