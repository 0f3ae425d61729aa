"""Rules, alerts and the dashboard: each can be read, is tried, and asks for what there is."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.parser import text_string_to_metric_families

from fulfiller.ops.embedded.server import Server
from tests.deploy.compose import ROOT
from tests.deploy.promql import Selector, grouped, selectors
from tests.intake.full import full_scrape

CONFIG = ROOT / "config"
RULES = sorted((CONFIG / "prometheus").glob("*.yml"))
TRIALS = sorted((Path(__file__).parent / "alerts").glob("*.yml"))
DASHBOARD = CONFIG / "grafana/dashboards/fulfiller.json"
OWN = {"up": {"job", "instance"}, "ALERTS": {"alertname", "alertstate"}}
"""Series that Prometheus itself makes."""
OPEN = {"status", "instance", "job", "version", "tier"}
"""Labels whose values can't all be in one scrape."""


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def _rules(kind: str) -> list[dict[str, Any]]:
    groups = [group for path in RULES for group in _read(path)["groups"]]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


def _panels() -> Iterator[tuple[str, str, str]]:
    """Yield title, query and legend of everything that the dashboard asks for."""
    board = json.loads(DASHBOARD.read_text("utf-8"))
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$campaign", ".*"), target["legendFormat"]
    for note in board["annotations"]["list"]:
        yield note["name"], note["expr"], ""


def _queries() -> list[tuple[str, str]]:
    """Return every query that there is, with where it stands."""
    ruled = [(rule[kind], rule["expr"]) for kind in ("alert", "record") for rule in _rules(kind)]
    asked = [
        (f"the summary of {rule['alert']}", query.replace("'%s'", '".*"'))
        for rule in _rules("alert")
        for query in re.findall(r'printf "([^"%]*\{[^"]*)"', rule["annotations"]["summary"])
    ]
    return [*ruled, *asked, *((title, query) for title, query, _ in _panels())]


def _promtool(promtool: str, *words: str | Path) -> None:
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_can_be_read(promtool: str) -> None:
    """Prometheus's own judge finds nothing, not even two rules of one name."""
    _promtool(promtool, "check", "rules", "--lint-fatal", *RULES)


def test_alerts_do_what_their_trials_say(promtool: str) -> None:
    """Each fires when it should, does not fire just below, and resolves."""
    _promtool(promtool, "test", "rules", *TRIALS)


def test_each_alert_is_tried(subtests: pytest.Subtests) -> None:
    """There is a moment at which it fires, and then one at which it does no longer."""
    trials = [test for path in TRIALS for test in _read(path)["tests"]]
    moments = [moment for test in trials for moment in test["alert_rule_test"]]
    for rule in _rules("alert"):
        with subtests.test(rule["alert"]):
            mine = [moment for moment in moments if moment["alertname"] == rule["alert"]]
            fires = [bool(moment["exp_alerts"]) for moment in mine]
            assert True in fires
            assert False in fires[: fires.index(True)], "nobody tried just below"
            assert False in fires[fires.index(True) :], "nobody tried whether it ends"
            labels = [alert["exp_labels"] for moment in mine for alert in moment["exp_alerts"]]
            assert any(rule["labels"].items() <= each.items() for each in labels)


def test_each_alert_says_how_bad_it_is_and_what_to_do() -> None:
    """A severity, a summary, a page that there is, and how to print it."""
    for rule in _rules("alert"):
        assert rule["labels"]["severity"] in ("critical", "warning")
        said = rule["annotations"]
        assert set(said) == {"summary", "runbook", "type"}
        assert (ROOT / said["runbook"]).is_file(), rule["alert"]
        assert said["type"] == f"fulfiller runbook {Path(said['runbook']).stem}"


def test_queries_of_the_dashboard_can_be_read(promtool: str, tmp_path: Path) -> None:
    """Each is a query, as far as Prometheus's own judge is concerned."""
    rules = [{"record": f"q:{n}", "expr": query} for n, (_, query, _) in enumerate(_panels())]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}), "utf-8")
    _promtool(promtool, "check", "rules", "--lint=none", file)


def test_the_dashboard_has_its_rows() -> None:
    """In this order, with something below each, and no panel twice in one place."""
    board = json.loads(DASHBOARD.read_text("utf-8"))
    rows = [panel["title"] for panel in board["panels"] if panel["type"] == "row"]
    assert rows == [
        *("State", "Backlog against threshold", "Rates", "Waits", "Budget", "Pool and keeper"),
        "Doors",
    ]
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in board["panels"]]
    assert len(set(places)) == len(places) > 30


def test_everything_asked_for_is_told(
    sqlite_url: str, valkey: Server, subtests: pytest.Subtests
) -> None:
    """Every name, label and value that a rule, a trial or the dashboard knows is in a scrape."""
    told = _told(full_scrape(sqlite_url, valkey.url))
    for where, query in [*_queries(), *_tried()]:
        with subtests.test(where, query=query):
            asked = list(selectors(query))
            assert asked
            missing = [each.name for each in asked if not _answered(each, told)]
            assert missing == []
            assert grouped(query) <= _labels(query, told) | {"le", "instance"}
    for title, query, legend in _panels():
        with subtests.test(f"the legend of {title}", legend=legend):
            assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= _labels(query, told)


def _tried() -> list[tuple[str, str]]:
    trials = [test for path in TRIALS for test in _read(path)["tests"]]
    series = [each["series"] for test in trials for each in test["input_series"]]
    # Names of campaigns, and what else a trial makes up, are its own.
    bare = [re.sub(r',? ?\b(campaign|flaw|scope)="[^*"]*"', "", each) for each in series]
    return [("a trial", each.replace("{, ", "{")) for each in dict.fromkeys(bare)]


def _told(scrape: str) -> Mapping[str, list[dict[str, str]]]:
    """Return the labels of all series by name; those that rules record have their level's."""
    told: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(scrape):
        for sample in family.samples:
            told.setdefault(sample.name, []).append(dict(sample.labels))
    for rule in _rules("record"):
        level = rule["record"].partition(":")[0].replace("service", "").split("_")
        told[rule["record"]] = [dict.fromkeys(filter(None, level), "any")]
    return told | {name: [dict.fromkeys(labels, "any")] for name, labels in OWN.items()}


def _answered(asked: Selector, told: Mapping[str, list[dict[str, str]]]) -> bool:
    """Return whether there is such a series; a label that it has not is a mistake even in `!=`."""
    series = told.get(asked.name, [])
    if asked.name in OWN or ":" in asked.name:
        return any({label for label, *_ in asked.matchers} <= set(each) for each in series)
    closed = Selector(asked.name, tuple(m for m in asked.matchers if m[0] not in OPEN))
    known = [each for each in series if {m[0] for m in closed.matchers} <= set(each)]
    return any(closed.finds(each) for each in known)


def _labels(query: str, told: Mapping[str, list[dict[str, str]]]) -> set[str]:
    """Return the labels that the series of a query have, with those that it gives them."""
    given = set(re.findall(r'label_replace\([^"]*(?:"[^"]*"[^"]*)*?, "(\w+)", "\$1"', query))
    return given | {
        label for each in selectors(query) for series in told.get(each.name, ()) for label in series
    }


def test_prometheus_finds_its_rules_where_they_are_mounted(services: dict[str, Any]) -> None:
    """Beside its own file, under the names that it says."""
    mounts = _mounts(services["prometheus"])
    home = PurePosixPath(mounts["config/prometheus.yml"]).parent
    named = {str(home / name) for name in _read(CONFIG / "prometheus.yml")["rule_files"]}
    assert named == {mounts[f"config/prometheus/{path.name}"] for path in RULES}
    assert len(named) == 2


def test_grafana_finds_its_dashboard(services: dict[str, Any]) -> None:
    """Where the provider looks, and with the data source that its panels name."""
    mounts = _mounts(services["grafana"])
    assert "/provisioning/dashboards/" in mounts["config/grafana/dashboards.yml"]
    (provider,) = _read(CONFIG / "grafana/dashboards.yml")["providers"]
    at = PurePosixPath(mounts["config/grafana/dashboards/fulfiller.json"])
    assert str(at.parent) == provider["options"]["path"]
    (source,) = _read(CONFIG / "grafana/datasource.yml")["datasources"]
    named = set(re.findall(r'"uid": "(\w+)"', DASHBOARD.read_text("utf-8")))
    assert named == {source["uid"], "fulfiller"}


def _mounts(service: dict[str, Any]) -> dict[str, str]:
    """Return where files from the repository lie in a container."""
    parts = [volume.split(":") for volume in service["volumes"] if volume.startswith("./")]
    return {here.removeprefix("./"): there for here, there, _ in parts}
