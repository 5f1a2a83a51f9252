"""The tables of scenarios and peers, and the choice among them."""

import unittest

from comparison.options import names
from comparison.peers import all_peers
from comparison.results import described_scenario
from comparison.scenarios import all_scenarios


class Tables(unittest.TestCase):
    def test_names_are_unique_and_refer_to_each_other(self) -> None:
        found = [scenario.name for scenario in all_scenarios()]
        self.assertEqual(len(found), len(set(found)))
        for scenario in all_scenarios():
            self.assertIn(scenario.compared_with or scenario.name, found)
            self.assertIn(scenario.pin, ("one", "apart", "both"))
            self.assertEqual(scenario.group is None, scenario.x is None)
            self.assertTrue(described_scenario(scenario)["title"])

    def test_every_peer_has_a_kind_and_a_title(self) -> None:
        for peer in all_peers():
            self.assertIn(peer.kind, ("ours", "tls", "websocket"))
            self.assertTrue(peer.title and peer.notes, peer.name)

    def test_a_name_chooses_itself_or_all_that_begin_with_it(self) -> None:
        known = ["echo-64", "echo-1k", "connect", "connect-seen"]
        self.assertEqual(names("connect", known, "scenario"), {"connect"})
        self.assertEqual(names("echo", known, "scenario"), {"echo-64", "echo-1k"})
        self.assertEqual(names(None, known, "scenario"), set(known))
        with self.assertRaises(SystemExit):
            names("nothing", known, "scenario")


if __name__ == "__main__":
    unittest.main()
