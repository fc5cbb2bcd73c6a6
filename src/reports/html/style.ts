/** Colours that tell apart for most eyes, on light and on dark paper. */
const LIGHT =
  "--paper:#fff;--page:#f4f6f9;--ink:#1b2330;--quiet:#5b6675;--line:#dde3ea;--on:#fff;--accepted:#2f6fd0;--rejected:#d1532a;" +
  "--c0:#8a94a3;--c1:#2f6fd0;--c2:#b3541e;--c3:#2a8a62;--c4:#7a56c2;--c5:#a37c0f;--c6:#b83a78;--c7:#1f8595;--c8:#5d6d2e;" +
  "--h0:#eef1f5;--h1:#cfe0f7;--h2:#9dc1ee;--h3:#649ce0;--h4:#2f6fd0;--h5:#17458f";
const DARK =
  "--paper:#171c24;--page:#0e1217;--ink:#e6ebf2;--quiet:#9aa6b6;--line:#2c3542;--on:#0e1217;--accepted:#6ba5f5;--rejected:#f08a5d;" +
  "--c0:#8794a6;--c1:#6ba5f5;--c2:#f0a05a;--c3:#5cc79a;--c4:#b49af0;--c5:#e0bd4f;--c6:#f07fb4;--c7:#58c3d3;--c8:#b3c46a;" +
  "--h0:#1f2630;--h1:#21385c;--h2:#28508c;--h3:#3a6fbd;--h4:#6ba5f5;--h5:#b9d6ff";

/** The one style sheet of the report; the policy of the page names its digest. */
export const STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
.wrap{max-width:1120px;margin:0 auto;padding:0 20px}
a{color:var(--accepted)}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--paper);padding:8px}
header{padding:28px 0 8px}
h1{font-size:1.65rem;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:1.15rem;line-height:1.3;margin:0 0 2px}
h3{font-size:.95rem;margin:18px 0 6px}
p{margin:4px 0}.quiet{color:var(--quiet)}.small{font-size:.87rem}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:2px 14px;margin:8px 0 0;padding:0;font-size:.87rem}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:16px 0}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin:16px 0}
.tiles>div{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
dl{margin:0}dt{color:var(--quiet);font-size:.82rem}dd{margin:0}
.tiles .value{font-size:1.6rem;font-weight:650;line-height:1.25;letter-spacing:-.01em}
.warn{border-left:4px solid var(--rejected)}
figure{margin:14px 0 0}
svg{display:block;width:100%;height:auto;font-size:12px}
.narrow{display:none}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:10px 0 0;padding:0;font-size:.84rem}
.key i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.accepted{background:var(--accepted)}.rejected{background:var(--rejected)}
${Array.from({ length: 9 }, (_, index) => `.c${index}{background:var(--c${index})}`).join("")}
${Array.from({ length: 6 }, (_, index) => `.h${index}{background:var(--h${index})}`).join("")}
table{border-collapse:collapse;width:100%;font-size:.87rem;margin-top:12px}
caption{text-align:left;color:var(--quiet);padding-bottom:4px}
th,td{min-width:5em;text-align:left;vertical-align:top;padding:5px 14px 5px 0;border-bottom:1px solid var(--line)}
thead th{font-weight:600;color:var(--quiet);white-space:nowrap}
tbody th{font-weight:500}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.n+.t,.n+td:not(.n),.n+th:not(.n){padding-left:14px}
.t{white-space:nowrap;font-variant-numeric:tabular-nums}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;color:var(--quiet)}
td code:only-child,th code:only-child{color:inherit}
.over th,.over td{border-bottom:0;padding-bottom:2px}.under td{padding:0 0 6px}
details{margin-top:10px}summary{cursor:pointer;color:var(--quiet);font-size:.87rem}
.week td,.week th{min-width:0;padding:3px 4px;text-align:right;font-size:.75rem;border:0}.week tbody th{text-align:left}
.fact{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:12px 24px;margin-top:12px}
.fact dd{font-size:1.02rem}
.chip{display:inline-block;border:1px solid var(--line);border-radius:6px;padding:0 7px;margin:0 0 3px;font-size:.92em}
ul.plain{margin:8px 0 0;padding-left:1.1em}
footer{color:var(--quiet);font-size:.84rem;padding:8px 0 40px}
@media screen and (max-width:700px){
.wrap{padding:0 12px}header{padding-top:18px}h1{font-size:1.35rem}
section{padding:14px 12px}.wide{display:none}.narrow{display:block}
.tiles{grid-template-columns:1fr 1fr;gap:8px}.tiles>div{padding:10px 12px}.tiles .value{font-size:1.25rem}
table:not(.week){display:block}table:not(.week) caption,table:not(.week) tbody{display:block}
table:not(.week) thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table:not(.week) tr{display:block;padding:6px 0;border-bottom:1px solid var(--line)}
table:not(.week) th,table:not(.week) td{min-width:0;display:flex;justify-content:space-between;gap:14px;border:0;padding:1px 0;text-align:right;white-space:normal}
table:not(.week) .n+.t,table:not(.week) .n+td:not(.n){padding-left:0}
table:not(.week) td::before,table:not(.week) tbody th::before{content:attr(data-label);color:var(--quiet);font-weight:400;text-align:left;flex:none;max-width:45%}
table:not(.week) td:empty{display:none}
table:not(.week) .over{border:0;padding-bottom:0}table:not(.week) .under{padding-top:2px}
table:not(.week) .under td{display:block;text-align:left}table:not(.week) .under td::before{content:none}
.week{display:block;overflow-x:auto}
}
@page{margin:14mm 12mm}
@media print{
body{background:none;font-size:10.5pt}.wrap{max-width:none;padding:0}
nav,.skip{display:none}section,.tiles>div{border-color:#bbb;border-radius:0}
section{border-width:1px 0 0;padding:12px 0;margin:8px 0}
figure,tr,.tiles>div,h2,h3,p{break-inside:avoid}h2,h3,h2+p,.key,caption{break-after:avoid}thead{display:table-header-group}
.tiles{grid-template-columns:repeat(4,1fr)}
details:not([open]){display:none}summary{list-style:none}table{font-size:8.5pt}tr.over{break-after:avoid}.tiles .value{font-size:15pt}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;
