"""From runs to medians, ratios and verdicts."""

import unittest

from comparison import summary, targets
from comparison.peers import OURS
from comparison.scenarios import all_scenarios
from comparison.summary import Series

KINDS = {OURS: "ours", "nginx": "tls", "hitch": "tls", "lighttpd": "websocket"}
SCENARIOS = {scenario.name: scenario for scenario in all_scenarios()}


def echoed(*costs: float | None) -> Series:
    series = Series()
    for number, cost in enumerate(costs, 1):
        series.put(number, None if cost is None else {"proxy": {"cpu_us_per_message": cost}})
    return series


def connected(*costs: float) -> Series:
    series = Series()
    for number, cost in enumerate(costs, 1):
        series.put(number, {"proxy": {"cpu_us_per_connection": cost}})
    return series


def evaluated(collected: summary.Collected, disabled: dict[str, str] | None = None) -> dict[str, dict[str, object]]:
    chosen = list(SCENARIOS.values())
    results = {"ours": OURS, "summary": summary.summarise(chosen, collected),
               "ratios": summary.ratios(chosen, collected, KINDS, OURS)}
    found = [targets.evaluate(target, results, disabled or {}) for target in targets.all_targets()]
    return {verdict["id"]: verdict for verdict in found}


class Summaries(unittest.TestCase):
    def test_where_runs_differ_a_lot_luck_makes_nobody_the_best(self) -> None:
        others: dict[str, list[float | None]] = {"nginx": [5.0, 1.0, 6.0], "hitch": [4.0, 4.0, 4.0], "stunnel": [None, 1.0, None]}
        kinds = dict.fromkeys(others, "tls")
        found = summary.compare([2.0, 2.0, 2.0], others, kinds, False, differs_a_lot=True)["best_tls"]
        self.assertEqual((found["median"], found["peers"]), (0.5, ["hitch"] * 3))
        found = summary.compare([2.0, 2.0, 2.0], others, kinds, False)["best_tls"]
        self.assertEqual((found["median"], found["peers"][0], found["peers"][2]), (0.5, "hitch", "hitch"))

    def test_a_round_that_was_not_run_leaves_its_place_empty(self) -> None:
        series = Series()
        series.put(3, {"proxy": {"cpu_us_per_message": 2.0}})
        self.assertEqual(summary.values_of(SCENARIOS["echo-64"], series), [None, None, 2.0])

    def test_ratios_are_to_the_best_of_the_same_round(self) -> None:
        collected = {"echo-64": {OURS: echoed(2.0, 4.0, 3.0), "nginx": echoed(4.0, 10.0, None),
                                 "hitch": echoed(5.0, 8.0, 6.0), "lighttpd": echoed(8.0, 8.0, 8.0)}}
        found = summary.ratios([SCENARIOS["echo-64"]], collected, KINDS, OURS)["echo-64"]
        self.assertEqual(found["best_tls"]["values"], [0.5, 0.5, 0.5])
        self.assertEqual(found["best_tls"]["peers"], ["nginx", "hitch", "hitch"])
        self.assertEqual(found["best_websocket"]["median"], 0.375)
        self.assertEqual(found["by_peer"]["nginx"]["values"], [0.5, 0.4, None])

    def test_without_a_kind_there_is_no_ratio_to_it(self) -> None:
        collected = {"echo-64": {OURS: echoed(2.0), "nginx": echoed(4.0)}}
        found = summary.ratios([SCENARIOS["echo-64"]], collected, KINDS, OURS)["echo-64"]
        self.assertIsNone(found["best_websocket"])

    def test_a_token_seen_before_is_compared_with_the_others_new_connections(self) -> None:
        collected = {"connect": {OURS: connected(300.0), "nginx": connected(200.0)},
                     "connect-seen": {OURS: connected(150.0)}}
        found = summary.ratios(list(SCENARIOS.values()), collected, KINDS, OURS)
        self.assertEqual(found["connect-seen"]["best_tls"]["values"], [0.75])
        self.assertEqual(found["connect"]["best_tls"]["values"], [1.5])


class Verdicts(unittest.TestCase):
    def test_met_and_not_met(self) -> None:
        verdicts = evaluated({"echo-64": {OURS: echoed(3.0, 3.0), "nginx": echoed(4.0, 4.0),
                                          "lighttpd": echoed(4.0, 4.0)}})
        self.assertIs(verdicts["echo-64/tls"]["met"], True)
        self.assertEqual(verdicts["echo-64/tls"]["against"], "nginx")
        self.assertIs(verdicts["echo-64/websocket"]["met"], False)

    def test_what_was_not_measured_is_neither(self) -> None:
        verdicts = evaluated({})
        self.assertTrue(all(verdict["met"] is None and verdict["measured"] is None for verdict in verdicts.values()))
        self.assertTrue(all(verdict["note"] for verdict in verdicts.values()))

    def test_what_says_nothing_here_is_neither(self) -> None:
        series = {OURS: echoed(3.0), "nginx": echoed(4.0)}
        verdict = evaluated({"echo-64": series}, {"echo-64": "why not"})["echo-64/tls"]
        self.assertEqual((verdict["measured"], verdict["met"], verdict["note"]), (0.75, None, "why not"))

    def test_at_least(self) -> None:
        def rates(*values: float) -> Series:
            series = Series()
            for number, value in enumerate(values, 1):
                series.put(number, {"messages_per_second": value})
            return series
        verdict = evaluated({"workers-echo-1": {OURS: rates(10, 10, 10)},
                             "workers-echo-2": {OURS: rates(17, 19, 20)}})["workers/echo"]
        self.assertEqual(verdict["values"], [1.7, 1.9, 2.0])
        self.assertIs(verdict["met"], True)

    def test_every_target_names_scenarios_that_exist_and_no_two_are_alike(self) -> None:
        names = [target.id for target in targets.all_targets()]
        self.assertEqual(len(names), len(set(names)))
        for target in targets.all_targets():
            self.assertLessEqual(set(target.scenarios), set(SCENARIOS))


if __name__ == "__main__":
    unittest.main()
