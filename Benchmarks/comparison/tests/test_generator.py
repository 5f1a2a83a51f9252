"""What is made of the generator's answer."""

import json
import unittest

from comparison.generator import judge
from comparison.peers.base import Negotiated

TLS = {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "group": "x25519", "certificate": "EC 256"}


class Judging(unittest.TestCase):
    def judged(self, exit_code: int = 0, report: object = None, errors: str = "", output: str | None = None):
        text = json.dumps({"tls": TLS} if report is None else report) if output is None else output
        return judge(["echo"], exit_code, text, errors, Negotiated())

    def test_all_is_well(self) -> None:
        self.assertTrue(self.judged().ok)

    def test_another_handshake_than_the_one_asked_for_is_an_error(self) -> None:
        outcome = self.judged(report={"tls": {**TLS, "cipher": "TLS_AES_256_GCM_SHA384"}})
        self.assertEqual(outcome.reason, "cipher negotiated: TLS_AES_256_GCM_SHA384 instead of TLS_AES_128_GCM_SHA256")
        self.assertFalse(self.judged(report={}).ok)

    def test_a_failure_has_its_first_words(self) -> None:
        lines = [f"secure-proxy-bench: tunnel {number}: refused\n" for number in (3, 4)]
        outcome = self.judged(1, errors="".join(lines))
        self.assertEqual((outcome.reason, outcome.wrong_bytes), ("tunnel 3: refused", False))

    def test_wrong_bytes_are_told_from_other_failures(self) -> None:
        for words in ("tunnel 0: byte 17 that came back is 3 instead of 4",
                      "tunnel 0: 9 bytes came back, and only 8 were sent",
                      "tunnel 1: byte 5 of an upload arrived changed",
                      "tunnel 1: what came is no frame of a WebSocket server"):
            self.assertTrue(self.judged(1, errors=f"secure-proxy-bench: {words}").wrong_bytes, words)
        stalled = "tunnel 0: the connection's end did not come within 10 s (sent 21 bytes, received 21, pending 0)"
        self.assertFalse(self.judged(1, errors=stalled).wrong_bytes)

    def test_no_report_is_a_failure_that_says_so(self) -> None:
        self.assertEqual(self.judged(2, output="").reason, "the generator ended with 2 and reported nothing")


if __name__ == "__main__":
    unittest.main()
