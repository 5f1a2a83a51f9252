extension StatusPage {
    /// The script's first part: from one status to the next, and from numbers to words and curves. It touches no
    /// document, so a test can call it by itself.
    static let numbersScript = #"""
        "use strict";
        const SecureProxy = (() => {
          const WINDOW = 180;
          const count = n => n == null ? "–" : n >= 1e6 ? (n / 1e6).toFixed(n >= 1e7 ? 1 : 2) + " M"
            : Math.round(n).toLocaleString("en-GB");
          const rate = n => n == null ? "–" : n > 0 && n < 10 ? n.toFixed(1) : count(n);
          const bytes = n => {
            if (n == null) return "–";
            let unit = 0;
            while (n >= 999.5 && unit < 4) { n /= 1024; unit++; }
            return (unit && n < 99.5 ? n.toFixed(1) : Math.round(n)) + " " + ["B", "KiB", "MiB", "GiB", "TiB"][unit];
          };
          const percent = n => n == null ? "–" : (n > 0 && n < 9.95 ? n.toFixed(1) : Math.round(n)) + " %";
          const span = s => {
            if (s == null) return "–";
            s = Math.max(0, Math.floor(s));
            const d = Math.floor(s / 86400), h = Math.floor(s % 86400 / 3600), m = Math.floor(s % 3600 / 60);
            return d ? d + " d " + h + " h" : h ? h + " h " + m + " min" : m ? m + " min " + s % 60 + " s" : s + " s";
          };
          const ago = s => s == null ? "never" : s < 2 ? "just now" : span(s) + " ago";
          const short = s => s == null ? "–" : s < 0.001 ? Math.round(s * 1e6) + " µs"
            : s < 1 ? (s * 1e3).toFixed(s < 0.01 ? 1 : 0) + " ms"
            : s < 60 ? s.toFixed(s < 10 ? 1 : 0) + " s" : span(s);
          const words = name => name.replace(/_/g, " ");
          /* Groups of counts as one list, each name behind its group's. */
          const flat = groups => Object.fromEntries(Object.entries(groups).flatMap(([group, values]) =>
            Object.entries(values).map(([name, n]) => [group + " · " + name, n])));

          /* Processor seconds spent between two statuses; a worker that is new or gone counts from nothing. */
          function processor(before, now) {
            const known = new Map(before.workers.map(w => [w.pid, w.cpu]));
            return now.workers.map(w => [w.pid, known.has(w.pid) ? Math.max(0, w.cpu - known.get(w.pid)) : 0]);
          }

          /* What is drawn for the time between two statuses. Totals that went back (a restart) count as no change. */
          function point(before, now) {
            const time = now.time, a = before && before.totals, b = now.totals;
            const v = { tunnels: b.tunnels, memory: now.workers.reduce((sum, w) => sum + w.memory, 0) };
            const seconds = before ? time - before.time : 0;
            if (!(seconds > 0)) return { time, v, cpu: new Map() };
            const each = name => Math.max(0, b[name] - a[name]) / seconds;
            v.up = each("bytesFromClients");
            v.down = each("bytesToClients");
            v.handshakes = each("handshakes");
            v.refusals = each("refusals");
            const cpu = processor(before, now).map(([pid, spent]) => [pid, 100 * spent / seconds]);
            v.cpu = cpu.reduce((sum, [, share]) => sum + share, 0);
            return { time, v, cpu: new Map(cpu) };
          }

          /* Forgets what left the window, but for the one point that the curve enters it from. */
          function trim(points) {
            const start = points.length ? points[points.length - 1].time - WINDOW : 0;
            let first = 0;
            while (first + 1 < points.length && points[first + 1].time < start) first++;
            return points.slice(first);
          }

          /* The next round number, for the top of a curve. */
          function ceiling(value, step) {
            if (!(value > 0)) return 1;
            const base = step || 10;
            const power = Math.pow(base, Math.floor(Math.log(value) / Math.log(base) + 1e-9));
            const steps = step ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] : [1, 2, 3, 5, 10];
            return power * steps.find(s => power * s >= value * 0.999999);
          }

          /* The curve of a series within a box: its line, and the area below it. A gap in time is a gap in the line. */
          function curve(points, name, top, box) {
            const end = points.length ? points[points.length - 1].time : 0;
            let line = "", area = "", run = [], last = null;
            const number = n => String(Math.round(n * 10) / 10);
            const finish = () => {
              if (!run.length) return;
              const path = run.map((p, i) => (i ? "L" : "M") + number(p[0]) + " " + number(p[1])).join("");
              line += run.length > 1 ? path : path + "h.1";
              area += path + "L" + number(run[run.length - 1][0]) + " " + box.height + "L" + number(run[0][0]) + " "
                + box.height + "Z";
              run = [];
            };
            for (const p of points) {
              const value = p.v[name];
              if (value == null || (last != null && p.time - last > 15)) finish();
              last = p.time;
              if (value == null) continue;
              run.push([box.width * (1 - (end - p.time) / WINDOW), box.height * (1 - Math.min(1, value / top))]);
            }
            finish();
            return { line, area };
          }

          /* How long to wait before asking again: a second, and after failures longer and longer. */
          const wait = failures => failures ? Math.min(15, Math.pow(2, failures - 1)) : 1;

          return { WINDOW, count, rate, bytes, percent, span, ago, short, words, flat, point, trim, ceiling, curve,
            wait };
        })();
        """#
}
