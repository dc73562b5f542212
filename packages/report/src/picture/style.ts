/** Colours of the states, for light and for dark; the page has the same. Each is readable as text on the ground (WCAG AA). */
export const COLOURS = `:root{color-scheme:light dark;--ground:#fbfbfa;--raised:#fff;--line:#dcdcd8;--text:#1c1e21;--faint:#5c6269;--arrow:#a6abb2;--edge:#c6c9cc;--good:#1a7339;--kept:#2f628f;--bad:#b3261e;--caution:#8a5300;--busy:#5b3fb8;--critical:#b45309;--mark:#ffe08a}
@media (prefers-color-scheme:dark){:root{--ground:#15171a;--raised:#1c1f23;--line:#33383f;--text:#e4e6e9;--faint:#9aa2ab;--arrow:#5a626c;--edge:#454c55;--good:#5fc980;--kept:#7db5e8;--bad:#ff8a80;--caution:#e5b567;--busy:#b7a3ff;--critical:#f0a35a;--mark:#e5b567}}`;

/** Of what is drawn, in a page or alone. */
export const DRAWING = `.picture{font-family:ui-monospace,SFMono-Regular,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.picture .box{fill:var(--raised);stroke:var(--edge)}
.picture .step{fill:var(--text);font-size:11px;font-weight:600}
.picture .below{fill:var(--faint);font-size:10px}
.picture .arrow{fill:none;stroke:var(--arrow);stroke-width:1.2}
.picture .head{fill:var(--arrow)}
.picture .arrow.is-critical{stroke:var(--critical);stroke-width:1.8}
.picture .head.is-critical{fill:var(--critical)}
.icon{fill:none;stroke:var(--faint);stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}
.is-ran .icon{stroke:var(--good)}
.is-fresh .icon,.is-restored .icon{stroke:var(--kept)}
.is-failed .icon{stroke:var(--bad)}
.is-cancelled .icon{stroke:var(--caution)}
.is-running .icon{stroke:var(--busy);fill:var(--busy)}
.picture .is-failed .box{stroke:var(--bad);stroke-width:1.6}
.picture .is-running .box{stroke:var(--busy);stroke-width:1.6}
.picture .is-cancelled .box{stroke:var(--caution)}
.picture .is-not-run .box,.picture .is-waiting .box,.picture .is-unknown .box{stroke-dasharray:3 3}
.picture .is-critical .box{stroke-width:1.6}
.picture .is-ran.is-critical .box{stroke:var(--critical)}
`;

/** Of an SVG that is a file of its own: it brings its ground. */
export const PICTURE_STYLE = `${COLOURS}
${DRAWING}svg.picture{background:var(--ground)}`;
