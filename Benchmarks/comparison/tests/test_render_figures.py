"""Numbers as they are shown, ticks, and names that keep apart."""

import unittest

from comparison import figures
from comparison.lines import apart
from comparison.svg import Drawing, shortened, text_width


class Numbers(unittest.TestCase):
    def test_three_digits_count(self) -> None:
        pairs = {3.7349: "3.73", 12.34: "12.3", 615.4: "615", 20468: "20,500", 0.3391: "0.339", 9.996: "10.0"}
        for value, words in pairs.items():
            self.assertEqual(figures.number(value), words)

    def test_odd_numbers(self) -> None:
        self.assertEqual(figures.number(0), "0")
        self.assertEqual(figures.number(None), "–")
        self.assertEqual(figures.number(float("nan")), "–")
        self.assertEqual(figures.number(-0.25), "-0.250")
        self.assertEqual(figures.ratio(0.7149), "0.71")
        self.assertEqual(figures.ratio(540.2), "540")

    def test_a_range_is_told_only_where_there_is_one(self) -> None:
        self.assertEqual(figures.spread(2.0, 1.0, 3.0), "2.00 (1.00–3.00)")
        self.assertEqual(figures.spread(2.0, 2.0, 2.0), "2.00")
        self.assertEqual(figures.spread(None, None, None), "–")

    def test_sizes_and_counts(self) -> None:
        pairs = {1: "1 B", 1024: "1 KiB", 16384: "16 KiB", 60000: "60 KB", 1 << 20: "1 MiB", 1500: "1.46 KiB"}
        for value, words in pairs.items():
            self.assertEqual(figures.size(value), words)
        self.assertEqual([figures.short_count(value) for value in (10, 1000, 2.5e6)], ["10", "1k", "2.5M"])


class Ticks(unittest.TestCase):
    def test_round_ticks_reach_the_top(self) -> None:
        for most in (0.034, 0.9, 1, 7.3, 40, 999, 123456):
            ticks = figures.nice_ticks(most)
            self.assertEqual(ticks[0], 0)
            self.assertGreaterEqual(ticks[-1], most * 0.999)
            self.assertLessEqual(len(ticks), 7)

    def test_logarithmic_ticks_enclose(self) -> None:
        for least, most in ((3.7, 39), (1, 1), (0.02, 9000), (5, 50)):
            ticks = figures.log_ticks(least, most)
            self.assertLessEqual(ticks[0], least * 1.001)
            self.assertGreaterEqual(ticks[-1], most * 0.999)

    def test_names_keep_apart_and_inside(self) -> None:
        places = apart([100, 101, 102, 30, 199], gap=15, top=20, bottom=200)
        self.assertTrue(all(20 <= place <= 200 for place in places))
        ordered = sorted(places)
        self.assertTrue(all(b - a >= 14.999 for a, b in zip(ordered, ordered[1:])))
        self.assertEqual(sorted(range(5), key=lambda index: places[index]), [3, 0, 1, 2, 4])

    def test_names_that_fit_stay(self) -> None:
        self.assertEqual(apart([50, 100], gap=15, top=0, bottom=200), [50, 100])


class Drawings(unittest.TestCase):
    def test_text_is_escaped(self) -> None:
        drawing = Drawing(100, 50, "a < b & c", "d > e")
        drawing.text(1, 2, "<script>", tip="x & y")
        drawing.heading(1, 2, "a & b", "<unit>")
        text = drawing.render()
        self.assertIn("&lt;script&gt;<title>x &amp; y</title>", text)
        self.assertIn('<title id="title">a &lt; b &amp; c</title>', text)
        self.assertIn("&lt;unit&gt;", text)

    def test_words_are_cut_to_fit(self) -> None:
        self.assertEqual(shortened("short", 200), "short")
        cut = shortened("a very long reason that nobody has room for", 100)
        self.assertTrue(cut.endswith("…"))
        self.assertLessEqual(text_width(cut), 100)


if __name__ == "__main__":
    unittest.main()
