"""A report shows the tests that count: those that decide before evidence, what fired before what did not."""

from services.drift.findings.finding import MOST_SHOWN, Finding, shown


def test_what_decides_is_shown_before_evidence_and_what_fired_before_what_did_not() -> None:
    """Then the least likely; what has no p-value comes last of its kind."""
    found = [
        Finding(test="evidence", place="evidence", statistic=9.0, p_value=0.0, fired=True),
        Finding(test="bare", place="inform", statistic=9.0),
        Finding(test="likely", place="inform", statistic=9.0, p_value=0.9),
        Finding(test="unlikely", place="gap", statistic=9.0, p_value=0.1),
        Finding(test="fired", place="inform", statistic=1.0, p_value=0.5, fired=True),
    ]
    assert [one["test"] for one in shown(found)] == ["fired", "unlikely", "likely", "bare", "evidence"]


def test_a_report_is_not_filled_by_thousands_of_features() -> None:
    """Evidence is the first to be left out."""
    many = [Finding(test="ks", place="evidence", statistic=1.0, p_value=0.0, fired=True)] * MOST_SHOWN
    told = shown([*many, Finding(test="psi", place="inform", statistic=0.0, p_value=1.0)])
    assert (len(told), told[0]["test"]) == (MOST_SHOWN, "psi")
