"""Numbers out of reports, medians, and the best of each round."""

import unittest

from comparison.values import add_memory, at, best_of_round, divided, kept_share, memory, spread


class Values(unittest.TestCase):
    def test_a_path_leads_to_a_number_or_to_none(self) -> None:
        report = {"proxy": {"cpu": 3, "flag": True, "word": "x"}}
        self.assertEqual(at("proxy.cpu")(report), 3.0)
        for path in ("proxy.flag", "proxy.word", "proxy.cpu.more", "missing", "proxy"):
            self.assertIsNone(at(path)(report), path)

    def test_the_median_is_of_what_is_known(self) -> None:
        self.assertEqual(spread([3.0, None, 1.0, 2.0]),
                         {"values": [3.0, None, 1.0, 2.0], "median": 2.0, "min": 1.0, "max": 3.0})
        self.assertEqual(spread([None]), {"values": [None], "median": None, "min": None, "max": None})
        self.assertIsNone(spread([])["median"])

    def test_division_is_round_by_round(self) -> None:
        self.assertEqual(divided([1.0, None, 3.0, 4.0], [2.0, 2.0, None, 0.0]), [0.5, None, None, None])

    def test_the_best_is_that_of_the_same_round(self) -> None:
        values = {"a": [1.0, 5.0, None], "b": [2.0, 4.0, None]}
        self.assertEqual(best_of_round(values, 3, False), [("a", 1.0), ("b", 4.0), None])
        self.assertEqual(best_of_round(values, 3, True), [("b", 2.0), ("a", 5.0), None])
        self.assertEqual(best_of_round({"a": [1.0]}, 2, False), [("a", 1.0), None])
        self.assertEqual(best_of_round({}, 1, False), [None])

    def test_memory_is_growth_for_each_tunnel(self) -> None:
        report = {"options": {"tunnels": 10}, "proxy": {"memory": {
            "before": {"resident_KiB": 1000, "proportional_KiB": 500},
            "opened": {"resident_KiB": 1200, "proportional_KiB": 560},
            "after_messages": {"resident_KiB": 1300, "proportional_KiB": 600},
            "left": {"resident_KiB": 1010, "proportional_KiB": 500}}}}
        add_memory(report, False)
        self.assertEqual(memory("opened")(report), 20)
        self.assertEqual(memory("after_messages")(report), 30)
        self.assertAlmostEqual(kept_share(report) or 0, 0.05)
        add_memory(report, True)
        self.assertEqual(memory("opened")(report), 6)

    def test_memory_that_is_not_known_stays_so(self) -> None:
        report = {"options": {"tunnels": 10}, "proxy": {"memory": {"before": None, "opened": None}}}
        add_memory(report, False)
        self.assertIsNone(memory("opened")(report))
        self.assertIsNone(kept_share(report))


if __name__ == "__main__":
    unittest.main()
