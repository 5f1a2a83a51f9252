extension StatusPage {
    /// What stands between `<body>` and the script. Elements named by `data-v` hold a number, those named by
    /// `data-chart` a curve; the script fills both.
    static let markup = #"""
        <header class="top">
        <div class="brand">
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path class="shield" d="M16 2.5 27 6.4v8.4c0 7-4.6
        12.3-11
        14.7C9.6 27.1 5 21.8 5 14.8V6.4Z"/><path class="flow" d="M10 12.8h10m-3-3 3 3-3 3M22 19.6H12m3-3-3
        3 3 3"/></svg>
        <div><h1>Secure Proxy</h1><p class="muted" data-v="about">&nbsp;</p></div>
        </div>
        <div class="controls">
        <span id="state" class="pill wait" role="status">Connecting</span>
        <button id="pause" type="button" aria-pressed="false">Pause</button>
        </div>
        </header>
        <div id="notice" class="notice" role="alert" hidden></div>
        <noscript><p class="notice">The live numbers need this page's own script. The same facts are at
        <a href="status.json">status.json</a>.</p></noscript>
        <main>
        <section class="cards" aria-label="Now, and the last three minutes">
        <article class="card"><h2>Tunnels</h2><p class="big" data-v="tunnels">–</p>
        <p class="note" data-v="tunnelsNote">&nbsp;</p><div class="chart c1" data-chart="tunnels"></div></article>
        <article class="card"><h2>Throughput</h2>
        <div class="two"><div><p class="big" data-v="up">–</p><p class="note"><i class="key c1"
        aria-hidden="true"></i>from
        clients</p></div><div><p class="big" data-v="down">–</p><p class="note"><i class="key c2"
        aria-hidden="true"></i>to
        clients</p></div></div><div class="chart c1" data-chart="up down"></div></article>
        <article class="card"><h2>TLS handshakes</h2><p class="big" data-v="handshakes">–</p>
        <p class="note" data-v="handshakesNote">&nbsp;</p><div class="chart c1" data-chart="handshakes"></div></article>
        <article class="card"><h2>Refusals</h2><p class="big" data-v="refusals">–</p>
        <p class="note" data-v="refusalsNote">&nbsp;</p><div class="chart c3" data-chart="refusals"></div></article>
        <article class="card"><h2>Processor</h2><p class="big" data-v="cpu">–</p>
        <p class="note" data-v="cpuNote">&nbsp;</p><div class="chart c1" data-chart="cpu"></div></article>
        <article class="card"><h2>Memory</h2><p class="big" data-v="memory">–</p>
        <p class="note" data-v="memoryNote">&nbsp;</p><div class="chart c1" data-chart="memory"></div></article>
        </section>
        <section class="panel" aria-labelledby="h-connections"><h2 id="h-connections">Connections</h2>
        <dl class="figures">
        <div><dt>Active</dt><dd data-v="active">–</dd></div><div><dt>Reading</dt><dd data-v="reading">–</dd></div>
        <div><dt>Writing</dt><dd data-v="writing">–</dd></div><div><dt>Waiting</dt><dd data-v="waiting">–</dd></div>
        <div><dt>Accepted</dt><dd data-v="accepted">–</dd></div><div><dt>Requests</dt><dd data-v="requests">–</dd></div>
        <div><dt>Tunnels opened</dt><dd data-v="opened">–</dd></div>
        </dl></section>
        <section class="panel" aria-labelledby="h-workers"><h2 id="h-workers">Workers</h2>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="h-workers"><table id="workers">
        <thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col" class="n">Tunnels</th><th
        scope="col"
        class="n">Processor</th><th scope="col" class="n">Memory</th><th scope="col" class="n wide">Up</th><th
        scope="col"
        class="n wide">Generation</th><th scope="col" class="n wide">Process</th></tr></thead>
        <tbody></tbody></table></div></section>
        <section class="panel" aria-labelledby="h-listeners"><h2 id="h-listeners">Listeners</h2>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="h-listeners"><table id="listeners">
        <thead><tr><th scope="col">Name</th><th scope="col">Kind</th><th scope="col">Listens at</th><th
        scope="col">Leads to</th></tr></thead><tbody></tbody></table></div></section>
        <div class="columns">
        <div>
        <section class="panel" aria-labelledby="h-gate"><h2 id="h-gate">Token gate</h2><div class="bars"
        data-bars="gate"></div></section>
        <section class="panel" aria-labelledby="h-times"><h2 id="h-times">Times</h2>
        <div class="scroll"><table id="times"><thead><tr><th scope="col">Until</th><th scope="col"
        class="n">half</th><th
        scope="col" class="n">90 %</th><th scope="col" class="n">99
        %</th></tr></thead><tbody></tbody></table></div></section>
        </div>
        <div>
        <section class="panel" aria-labelledby="h-failures"><h2 id="h-failures">Failures</h2><div class="bars"
        data-bars="failures"></div></section>
        <section class="panel" aria-labelledby="h-keys"><h2 id="h-keys">Provider keys</h2><dl class="facts">
        <div><dt>Keys</dt><dd data-v="keys">–</dd></div><div><dt>Fetched</dt><dd data-v="keysAge">–</dd></div>
        <div><dt>Last failure</dt><dd data-v="keysProblem">–</dd></div></dl></section>
        </div>
        <div>
        <section class="panel" aria-labelledby="h-closes"><h2 id="h-closes">How tunnels ended</h2><div class="bars"
        data-bars="ends"></div><h3>Close codes</h3><div class="bars" data-bars="codes"></div></section>
        <section class="panel" aria-labelledby="h-care"><h2 id="h-care">Housekeeping</h2><dl class="facts">
        <div><dt>Reloads</dt><dd data-v="reloads">–</dd></div><div><dt>Last reload</dt><dd
        data-v="reloadAge">–</dd></div>
        <div><dt>Workers replaced</dt><dd data-v="restarts">–</dd></div>
        <div><dt>Log lines dropped</dt><dd data-v="dropped">–</dd></div></dl></section>
        </div>
        </div>
        </main>
        <footer><nav aria-label="Other pages"><a href="status.json">status.json</a> <a href="metrics">metrics</a>
        <a href="readyz">readyz</a> <a href="healthz">healthz</a></nav>
        <p class="muted" data-v="asOf">&nbsp;</p></footer>
        """#
}
