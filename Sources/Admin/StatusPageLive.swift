extension StatusPage {
    /// The script's second part: asks for the status each second and puts it into the page.
    static let liveScript = #"""
        (() => {
          const S = SecureProxy, BOX = { width: 300, height: 60 }, SVG = "http://www.w3.org/2000/svg";
          const root = document.body, state = document.getElementById("state");
          const notice = document.getElementById("notice"), pause = document.getElementById("pause");
          let points = [], before = null, failures = 0, timer = 0, asking = null, heard = null, paused = false;
          let title = "";
          const format = { tunnels: S.count, up: n => S.bytes(n) + "/s", down: n => S.bytes(n) + "/s",
            handshakes: n => S.rate(n) + "/s", refusals: n => S.rate(n) + "/s", cpu: S.percent, memory: S.bytes };

          const make = (name, text, kind) => {
            const e = document.createElement(name);
            if (text != null) e.textContent = text;
            if (kind) e.className = kind;
            return e;
          };
          const put = (e, text) => { if (e.textContent !== text) e.textContent = text; };
          const set = (name, text) => document.querySelectorAll('[data-v="' + name + '"]').forEach(e => put(e, text));

          /* Curves */
          const charts = [...document.querySelectorAll("[data-chart]")].map(prepare);
          function prepare(place) {
            const names = place.dataset.chart.split(" "), svg = document.createElementNS(SVG, "svg");
            const path = kind => {
              const e = document.createElementNS(SVG, "path");
              e.setAttribute("class", kind);
              return svg.appendChild(e);
            };
            svg.setAttribute("viewBox", "0 0 " + BOX.width + " " + BOX.height);
            svg.setAttribute("preserveAspectRatio", "none");
            svg.setAttribute("role", "img");
            path("base").setAttribute("d", "M0 " + BOX.height + "H" + BOX.width);
            const chart = { place, svg, names, label: place.closest("article").querySelector("h2").textContent,
              parts: names.map((name, i) => ({ name, area: path("area c" + (i + (place.matches(".c3") ? 3 : 1))),
                line: path("line c" + (i + (place.matches(".c3") ? 3 : 1))) })),
              at: path("at"), max: place.appendChild(make("span", "", "max")), pointed: null };
            chart.max.setAttribute("aria-hidden", "true");
            place.prepend(svg);
            place.addEventListener("pointermove", e => {
              const edges = svg.getBoundingClientRect();
              chart.pointed = Math.min(1, Math.max(0, (e.clientX - edges.left) / edges.width));
              point(chart);
            });
            place.addEventListener("pointerleave", () => { chart.pointed = null; point(chart); });
            return chart;
          }
          function draw(chart) {
            const values = points.flatMap(p => chart.names.map(n => p.v[n])).filter(v => v != null);
            const unit = format[chart.names[0]], isBytes = unit(1).includes("B");
            chart.top = S.ceiling(Math.max(0, ...values), isBytes ? 1024 : 0);
            if (!isBytes && chart.names[0] === "tunnels") chart.top = Math.max(chart.top, 5);
            for (const part of chart.parts) {
              const { line, area } = S.curve(points, part.name, chart.top, BOX);
              part.line.setAttribute("d", line);
              part.area.setAttribute("d", area);
            }
            if (values.length) chart.svg.setAttribute("aria-label", chart.label + " over three minutes: lowest "
              + unit(Math.min(...values)) + ", highest " + unit(Math.max(...values)));
            point(chart);
          }
          function point(chart) {
            let near = null;
            let text = chart.top == null ? "" : "top " + format[chart.names[0]](chart.top).replace(".0", "");
            if (chart.pointed != null && points.length) {
              const end = points[points.length - 1].time, wanted = end - S.WINDOW * (1 - chart.pointed);
              near = points.reduce((a, b) => Math.abs(b.time - wanted) < Math.abs(a.time - wanted) ? b : a);
              if (Math.abs(near.time - wanted) > 5) near = null;
              if (near) {
                const x = BOX.width * (1 - (end - near.time) / S.WINDOW);
                chart.at.setAttribute("d", "M" + x + " 0V" + BOX.height);
                text = chart.names.map(n => near.v[n] == null ? "–" : format[n](near.v[n])).join(" · ") + ", "
                  + S.ago(end - near.time);
              }
            }
            chart.at.style.visibility = near ? "visible" : "hidden";
            put(chart.max, text);
          }

          /* Tables and lists */
          function fill(id, rows) {
            const body = document.querySelector("#" + id + " tbody");
            while (body.rows.length > rows.length) body.deleteRow(-1);
            rows.forEach((cells, r) => {
              const row = body.rows[r] || body.insertRow();
              cells.forEach(([text, kind], c) => {
                const cell = row.cells[c] || row.appendChild(document.createElement(c ? "td" : "th"));
                if (!c) cell.scope = "row";
                cell.className = kind || "";
                put(cell, text);
              });
            });
          }
          function bars(name, values, none, good) {
            const place = document.querySelector('[data-bars="' + name + '"]');
            const rows = Object.entries(values).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
            const text = JSON.stringify(rows);
            if (place.dataset.shown === text) return;
            place.dataset.shown = text;
            place.replaceChildren(...rows.map(([reason, n]) => {
              const row = make("div", null, good(reason) ? "bar" : "bar off"), bar = make("i"), part = make("b");
              part.style.width = 100 * n / rows[0][1] + "%";
              bar.append(part);
              row.append(make("span", S.words(reason)), make("span", S.count(n)), bar);
              return row;
            }));
            if (!rows.length) place.append(make("p", none, "empty"));
          }

          /* A status */
          function show(d) {
            if (before && before.started !== d.started) { points = []; before = null; }
            const p = S.point(before, d), t = d.totals;
            if (!before || d.time > before.time) { points = S.trim([...points, p]); before = d; }
            for (const name of Object.keys(format)) set(name, p.v[name] == null ? "–" : format[name](p.v[name]));
            set("about", "Version " + d.version + " · generation " + d.generation + " · up " + S.span(d.uptime));
            set("tunnelsNote", S.count(t.tunnelsOpened) + " opened since the start");
            set("handshakesNote", S.count(t.handshakes) + " done, " + S.count(t.handshakeFailures) + " failed");
            set("refusalsNote", S.count(t.refusals) + " since the start");
            set("cpuNote", "of " + d.processors * 100 + " % on this machine");
            const most = points.reduce((m, q) => Math.max(m, q.v.memory), 0);
            set("memoryNote", "all workers; highest " + S.bytes(most));
            for (const name of ["active", "reading", "writing", "waiting"]) set(name, S.count(d.connections[name]));
            set("accepted", S.count(t.connections));
            set("requests", S.count(t.requests));
            set("opened", S.count(t.tunnelsOpened));
            fill("workers", d.workers.map(w => [[String(w.index)], [w.state, "dot " + w.state],
              [S.count(w.tunnels), "n"],
              [S.percent(p.cpu.get(w.pid)), "n"], [S.bytes(w.memory), "n"], [S.span(w.uptime), "n wide"],
              [String(w.generation), "n wide"], [String(w.pid), "n wide"]]));
            fill("listeners", d.listeners.map(l => [[l.name], [l.kind],
              [(l.address.includes(":") ? "[" + l.address + "]" : l.address) + ":" + l.ports], [l.backend || "–"]]));
            bars("gate", d.gate, "No token seen yet.", r => r === "admitted");
            bars("failures", S.flat(d.failures), "None.", () => false);
            bars("ends", d.tunnelEnds, "None has ended yet.", r => /close|finished|proxy/.test(r));
            bars("codes", S.flat(d.closeCodes), "None yet.", r => /100[015]$/.test(r));
            fill("times", Object.entries(d.times).map(([name, x]) => [[S.words(name)],
              ...["p50", "p90", "p99"].map(q => [x.count ? S.short(x[q]) : "–", "n"])]));
            set("keys", d.keys.needed ? S.count(d.keys.count) : "not needed");
            set("keysAge", d.keys.needed ? S.ago(d.keys.age) : "–");
            set("keysProblem", d.keys.problem || "none");
            const failed = d.reloads.failed ? ", " + S.count(d.reloads.failed) + " failed" : "";
            set("reloads", S.count(d.reloads.ok) + failed);
            set("reloadAge", d.reloads.age == null ? "never" : S.ago(d.reloads.age));
            set("restarts", S.count(d.workerRestarts));
            set("dropped", S.count(d.log.dropped));
            set("asOf", "As of " + new Date(d.time * 1000).toLocaleTimeString("en-GB"));
            charts.forEach(draw);
            const [kind, word] = d.state === "draining" ? ["warn", "Draining"] : d.ready ? ["good", "Ready"]
              : ["bad", "Not ready"];
            tell(kind, word, d.notReady.join("\n"), kind);
          }
          function tell(kind, word, text, noticeKind) {
            state.className = "pill " + kind;
            put(state, word);
            if (title !== word) document.title = (title = word) + " · Secure Proxy";
            notice.className = "notice " + noticeKind;
            put(notice, text);
            notice.hidden = !text;
          }

          /* Asking */
          async function ask() {
            clearTimeout(timer);
            if (asking || paused) return;
            asking = new AbortController();
            const limit = setTimeout(() => asking.abort(), 5000);
            try {
              const answer = await fetch("status.json", { cache: "no-store", signal: asking.signal });
              if (!answer.ok) throw new Error("status " + answer.status);
              show(await answer.json());
              failures = 0;
              heard = performance.now();
              root.classList.remove("stale");
              root.classList.add("live");
            } catch (error) {
              failures++;
              root.classList.add("stale");
              root.classList.remove("live");
              const next = S.wait(failures);
              tell("warn", "Stale", (heard == null ? "No answer yet." : "No answer for "
                + S.span((performance.now() - heard) / 1000) + "; these numbers are old.")
                + " Asking again in " + next + " s.", "warn");
            }
            clearTimeout(limit);
            asking = null;
            if (!paused && !document.hidden) timer = setTimeout(ask, 1000 * S.wait(failures));
          }
          pause.addEventListener("click", () => {
            paused = !paused;
            pause.setAttribute("aria-pressed", String(paused));
            root.classList.toggle("live", !paused && !failures);
            if (paused) { clearTimeout(timer); tell("wait", "Paused", "", "warn"); } else ask();
          });
          document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
          ask();
        })();
        """#
}
