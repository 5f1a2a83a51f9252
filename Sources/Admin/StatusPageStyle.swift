extension StatusPage {
    /// The page's style: light and dark by the reader's own choice, one column on a phone.
    static let style = #"""
        :root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--ink:#17212b;--soft:#55626f;--line:#dfe4e9;--c1:#0f7173;
        --c2:#6a52b3;--c3:#b3541e;--good:#17683a;--good-bg:#e2f3e8;--warn:#7d5000;--warn-bg:#fdf0d5;--bad:#a32020;
        --bad-bg:#fbe4e2;--focus:#1b62c4;--shadow:0 1px 2px #17212b0f,0 2px 8px #17212b0a}
        @media (prefers-color-scheme:dark){:root{--bg:#0f1519;--card:#172026;--ink:#e7edf1;--soft:#9dabb6;
        --line:#2a363e;
        --c1:#53c5bd;--c2:#b19df0;--c3:#f0a06a;--good:#7fdba3;--good-bg:#12352a;--warn:#f3c66d;--warn-bg:#3a2e12;
        --bad:#ff9d94;--bad-bg:#431f1e;--focus:#7fb2ff;--shadow:none}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0 auto;max-width:1180px;padding:20px 20px 28px;background:var(--bg);color:var(--ink);
        font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
        font-variant-numeric:tabular-nums}
        h1,h2,p,dl,dd{margin:0}
        h1{font-size:1.2rem;line-height:1.25;font-weight:650;letter-spacing:-.01em}
        h2,h3{font-size:.82rem;font-weight:600;color:var(--soft)}
        h3{margin:14px 0 6px}
        a{color:var(--c1)}
        :focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:6px}
        .muted,.note{color:var(--soft);font-size:.82rem}
        .sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        .top,.brand,.controls{display:flex;align-items:center;gap:12px}
        .top{justify-content:space-between;flex-wrap:wrap;margin-bottom:18px}
        .mark{width:38px;height:38px;flex:none}
        .shield{fill:var(--c1)}
        .flow{fill:none;stroke:var(--card);stroke-width:2.1;stroke-linecap:round;stroke-linejoin:round}
        .pill{display:inline-flex;align-items:center;gap:8px;padding:5px 13px 5px 11px;border-radius:99px;
        font-weight:600;
        font-size:.88rem;background:var(--line);color:var(--ink)}
        .pill::before{content:"";width:9px;height:9px;border-radius:50%;background:currentColor}
        .pill.good{background:var(--good-bg);color:var(--good)}
        .pill.warn{background:var(--warn-bg);color:var(--warn)}
        .pill.warn::before{border-radius:2px}
        .pill.bad{background:var(--bad-bg);color:var(--bad)}
        .pill.bad::before{clip-path:polygon(50% 0,100% 100%,0 100%);border-radius:0}
        .pill.wait::before{background:none;border:2px solid currentColor}
        .live .pill.good::before{animation:breathe 2.4s ease-in-out infinite}
        @keyframes breathe{50%{opacity:.35}}
        button{font:inherit;font-size:.88rem;padding:4px 14px;min-height:32px;border:1px solid var(--line);
        border-radius:99px;
        background:var(--card);color:var(--ink);cursor:pointer}
        button:hover{border-color:var(--soft)}
        button[aria-pressed=true]{background:var(--ink);color:var(--bg);border-color:var(--ink)}
        .notice{margin-bottom:16px;padding:10px 14px;border-radius:10px;background:var(--bad-bg);color:var(--bad);
        white-space:pre-line;overflow-wrap:anywhere}
        .notice.warn{background:var(--warn-bg);color:var(--warn)}
        main{display:grid;gap:14px}
        .cards{display:grid;gap:14px;grid-template-columns:repeat(3,minmax(0,1fr))}
        .card,.panel{min-width:0;background:var(--card);border:1px solid var(--line);border-radius:12px;
        box-shadow:var(--shadow)}
        .card{display:flex;flex-direction:column;padding:14px 16px 12px}
        .big{margin-top:2px;font-size:1.75rem;line-height:1.25;font-weight:620;letter-spacing:-.02em;white-space:nowrap}
        .two{display:flex;flex-wrap:wrap;gap:0 22px}
        .note{min-height:1.2rem;margin-bottom:10px}
        .key{display:inline-block;width:14px;height:3px;margin-right:6px;border-radius:2px;vertical-align:middle;
        background:var(--c)}
        .c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}
        .chart{position:relative;height:62px;margin-top:auto}
        .chart svg{display:block;width:100%;height:100%;overflow:visible;clip-path:inset(-3px 0)}
        .chart path{fill:none;vector-effect:non-scaling-stroke;stroke-width:1.75;stroke-linejoin:round;
        stroke-linecap:round}
        .chart .line{stroke:var(--c)}
        .chart .area{fill:var(--c);stroke:none;opacity:.11}
        .chart .base{stroke:var(--line);stroke-width:1}
        .chart .at{stroke:var(--soft);stroke-width:1;visibility:hidden}
        .chart .max{position:absolute;right:0;top:-15px;padding-left:6px;font-size:.72rem;color:var(--soft);
        background:var(--card)}
        .panel{padding:14px 16px}
        .panel h2{margin-bottom:8px}
        .figures{display:grid;gap:8px 14px;grid-template-columns:repeat(7,auto)}
        .figures dt,.facts dt{color:var(--soft);font-size:.82rem}
        .figures dd{font-size:1.15rem;font-weight:600}
        .facts{display:grid;gap:5px}
        .facts div{display:flex;justify-content:space-between;gap:14px}
        .facts dd{text-align:right;overflow-wrap:anywhere}
        .columns{display:grid;gap:14px;grid-template-columns:repeat(3,minmax(0,1fr))}
        .columns>div{display:grid;gap:14px;align-content:start;min-width:0}
        .scroll{overflow-x:auto}
        table{width:100%;border-collapse:collapse}
        th,td{padding:6px 14px 6px 0;text-align:left;white-space:nowrap}
        th:last-child,td:last-child{padding-right:0}
        thead th{padding-top:0;color:var(--soft);font-size:.82rem;font-weight:500}
        tbody th{font-weight:500}
        tbody tr{border-top:1px solid var(--line)}
        .n{text-align:right}
        .dot::before{content:"";display:inline-block;width:8px;height:8px;margin-right:8px;border-radius:50%;
        background:var(--good)}
        .dot.draining::before{background:var(--warn);border-radius:2px}
        .dot.starting::before{background:none;border:2px solid var(--soft)}
        .bars{display:grid;gap:7px}
        .bar{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 10px;font-size:.88rem}
        .bar span:first-child{overflow-wrap:anywhere}
        .bar i{grid-column:1/-1;display:block;height:3px;margin-top:3px;border-radius:2px;background:var(--line);
        overflow:hidden}
        .bar b{display:block;height:100%;min-width:2px;border-radius:2px;background:var(--c1)}
        .bar.off b{background:var(--c3)}
        .empty{color:var(--soft);font-size:.88rem}
        footer{display:flex;justify-content:space-between;flex-wrap:wrap;gap:6px 18px;margin-top:16px;font-size:.82rem}
        footer a{display:inline-block;padding:4px 0;margin-right:14px}
        .stale .big,.stale dd,.stale td,.stale .bar{color:var(--soft)}
        .stale .chart{filter:grayscale(1)}
        @media (max-width:900px){.cards,.columns{grid-template-columns:repeat(2,minmax(0,1fr))}
        .figures{grid-template-columns:repeat(4,auto)}}
        @media (max-width:600px){body{padding:14px 12px 22px}.cards,.columns{grid-template-columns:minmax(0,1fr)}
        .cards,main,.columns,.columns>div{gap:10px}th,td{padding-right:9px}
        .figures{grid-template-columns:repeat(3,auto)}.wide{display:none}
        .big{font-size:1.55rem}.chart{height:52px}}
        @media (prefers-reduced-motion:reduce){*{animation:none!important}}
        @media (forced-colors:active){.chart .line{stroke:CanvasText}.pill{border:1px solid}}
        """#
}
