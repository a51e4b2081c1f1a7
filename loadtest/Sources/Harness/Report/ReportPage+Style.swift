extension ReportPage {
    static let style: Markup = """

        :root {
            color-scheme: light dark;
            --paper: #faf7f2; --surface: #ffffff; --ink: #1e2728; --muted: #566364; --rule: #e0d9ce; --grid: #ece6dc;
            --good: #1d7347; --good-soft: #e3f2ea; --bad: #a2352c; --bad-soft: #fbeae7; --warn: #7d5512; --warn-soft: #f8eedb;
            --line-0: #1f5fa8; --line-1: #b5480d; --line-2: #18734c; --line-3: #8a3fa0; --line-4: #6b6a17; --line-5: #a82a5c;
        }
        @media screen and (prefers-color-scheme: dark) {
            :root {
                --paper: #13191a; --surface: #1b2324; --ink: #e9e6e0; --muted: #a3b0b0; --rule: #344041; --grid: #2a3435;
                --good: #74cfa2; --good-soft: #183327; --bad: #f29d94; --bad-soft: #3a2220; --warn: #e3b868; --warn-soft: #332b19;
                --line-0: #7db6f5; --line-1: #f2a071; --line-2: #73d0a0; --line-3: #d3a0e6; --line-4: #d2cf6c; --line-5: #f491b7;
            }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body {
            margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; font-size: 1rem;
            font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Thai", "Helvetica Neue", sans-serif;
            overflow-wrap: anywhere;
        }
        main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
        h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.25rem 0 .75rem; }
        h3 { font-size: 1rem; margin: 0; }
        p { margin: 0 0 .6rem; max-width: 75ch; }
        .sub { color: var(--muted); }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .empty { color: var(--muted); font-style: italic; margin: .4rem 0; }

        .verdict {
            border-left: .4rem solid var(--tone); background: var(--soft); border-radius: .5rem; padding: 1rem 1.1rem; margin: 1rem 0 0;
        }
        .verdict strong.word { color: var(--tone); font-size: 1.35rem; display: block; line-height: 1.3; }
        .verdict p:last-child, .verdict ul:last-child { margin-bottom: 0; }
        .verdict ul { margin: .25rem 0 .6rem; padding-left: 1.2rem; }
        .verdict.good { --tone: var(--good); --soft: var(--good-soft); }
        .verdict.bad { --tone: var(--bad); --soft: var(--bad-soft); }
        .verdict.warn { --tone: var(--warn); --soft: var(--warn-soft); }

        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .75rem; padding: 0; margin: 0; }
        .tiles div { background: var(--surface); border: 1px solid var(--rule); border-radius: .6rem; padding: .7rem .85rem; }
        .tiles dt { color: var(--muted); font-size: .85rem; line-height: 1.35; }
        .tiles dd { margin: 0; }
        .tiles dd b { font-size: 1.45rem; line-height: 1.3; display: block; font-variant-numeric: tabular-nums; }
        .tiles dd span { color: var(--muted); font-size: .85rem; display: block; line-height: 1.35; }
        .tiles .bad b { color: var(--bad); }

        dl:not(.tiles) { margin: 0; }
        dl:not(.tiles) div { display: grid; grid-template-columns: 11rem 1fr; gap: .15rem 1rem; padding: .3rem 0; border-top: 1px solid var(--rule); }
        dl:not(.tiles) dt { color: var(--muted); }
        dl:not(.tiles) dd { margin: 0; }
        dl:not(.tiles) + .scroll { margin-top: 1.25rem; }
        pre {
            background: var(--surface); border: 1px solid var(--rule); border-radius: .5rem; padding: .7rem .85rem; margin: 0 0 .75rem;
            font-size: .875rem; line-height: 1.45; white-space: pre-wrap;
        }
        pre.command code { user-select: all; -webkit-user-select: all; }
        code, pre { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        details { margin: .75rem 0; }
        summary { cursor: pointer; color: var(--muted); padding: .25rem 0; }

        .scroll { overflow-x: auto; margin: 0 0 .75rem; }
        table { border-collapse: collapse; min-width: 100%; font-variant-numeric: tabular-nums; font-size: .925rem; position: relative; }
        th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        td:last-child, th:last-child { padding-right: 0; }
        thead th { color: var(--muted); font-weight: 600; font-size: .85rem; }
        tbody th { font-weight: 600; }
        td.words, th.words { text-align: left; }
        .words:last-child { white-space: normal; min-width: 9rem; }
        td.words + td:not(.words), th.words + th:not(.words) { padding-left: 1.5rem; }
        article table { min-width: 0; }
        tr.bad td, tr.bad th { color: var(--bad); }
        .bad-word { color: var(--bad); font-weight: 600; }
        .good-word { color: var(--good); font-weight: 600; }

        ol.events { padding-left: 1.6rem; margin: 0 0 .75rem; }
        article { background: var(--surface); border: 1px solid var(--rule); border-radius: .6rem; padding: .8rem 1rem; margin: 0 0 .75rem; }
        article h3 span { color: var(--bad); }

        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: 1rem; }
        .plot { background: var(--surface); border: 1px solid var(--rule); border-radius: .6rem; padding: .85rem 1rem .7rem; margin: 0 0 1rem; min-width: 0; }
        .plots .plot { margin: 0; }
        .plot figcaption p { color: var(--muted); font-size: .875rem; margin: .1rem 0 .3rem; line-height: 1.4; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: .25rem 0 .35rem; padding: 0; font-size: .875rem; }
        .legend li { display: flex; align-items: center; gap: .4rem; color: var(--ink); }
        .legend svg { width: 2rem; height: .5rem; flex: none; }
        .axis { color: var(--muted); font-size: .8rem; margin: 0; line-height: 1.5; max-width: none; }
        .x-axis { text-align: center; }
        .frame {
            display: grid; grid-template-columns: calc(var(--margin) + .35rem) 1fr; grid-template-rows: 13rem 1.3rem;
            margin: .55rem calc(var(--gutter) + .5rem) 0 0; font-size: .8rem; font-variant-numeric: tabular-nums; line-height: 1;
        }
        .wide .frame { grid-template-rows: 17rem 1.3rem; }
        .frame.marked { margin-top: 1.4rem; }
        .area { position: relative; min-width: 0; }
        .area svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; display: block; }
        .y { position: relative; }
        .y span { position: absolute; right: .4rem; transform: translateY(50%); color: var(--muted); white-space: nowrap; }
        .x { position: relative; grid-column: 2; }
        .x span { position: absolute; top: .35rem; transform: translateX(-50%); color: var(--muted); white-space: nowrap; }
        .end { position: absolute; margin-left: .3rem; transform: translateY(50%); font-weight: 700; color: var(--tone); white-space: nowrap; }
        span.mark {
            position: absolute; top: -1.35rem; transform: translateX(-50%); min-width: 1.1rem; padding: .1rem .2rem; border-radius: .6rem; text-align: center;
            background: var(--ink); color: var(--surface); font-size: .7rem; font-weight: 700; line-height: .9rem;
        }
        .plot path { fill: none; stroke: var(--tone); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: butt; }
        .area path[class^="line"] { stroke-linecap: round; }
        .plot path.dot { stroke-width: 6; stroke-dasharray: none; }
        .plot path.grid { stroke: var(--grid); stroke-width: 1; }
        .plot path.mark { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; opacity: .7; }
        .plot path.limit, .legend .limit path { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 1 4; stroke-linecap: round; }
        .line-0 { --tone: var(--line-0); }
        .line-1 { --tone: var(--line-1); }
        .line-2 { --tone: var(--line-2); }
        .line-3 { --tone: var(--line-3); }
        .line-4 { --tone: var(--line-4); }
        .line-5 { --tone: var(--line-5); }
        path.line-1, .legend .line-1 path { stroke-dasharray: 7 4; }
        path.line-2, .legend .line-2 path { stroke-dasharray: 2 4; }
        path.line-3, .legend .line-3 path { stroke-dasharray: 9 4 2 4; }
        path.line-4, .legend .line-4 path { stroke-dasharray: 14 5; }
        path.line-5, .legend .line-5 path { stroke-dasharray: 6 4 2 4 2 4; }
        footer { color: var(--muted); font-size: .875rem; margin-top: 2.5rem; border-top: 1px solid var(--rule); padding-top: .75rem; }

        @media (max-width: 40rem) {
            main { padding: 1rem .85rem 2rem; }
            h1 { font-size: 1.35rem; }
            .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem; }
            .tiles div { padding: .55rem .65rem; }
            .tiles dd b { font-size: 1.25rem; }
            dl:not(.tiles) div { grid-template-columns: 1fr; gap: 0; }
            .plot { padding: .7rem .7rem .55rem; }
            .frame, .wide .frame { grid-template-rows: 11rem 1.3rem; }
            th, td { padding: .35rem .45rem; }
        }
        @media print {
            body { background: none; font-size: 10pt; }
            main { max-width: none; padding: 0; }
            .verdict, .plot, article, tr, .tiles div { break-inside: avoid; }
            h2, h3 { break-after: avoid; }
            .plots { grid-template-columns: 1fr 1fr; }
            .frame, .wide .frame { grid-template-rows: 9rem 1.3rem; }
            .scroll { overflow: visible; }
            * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }

        """
}
