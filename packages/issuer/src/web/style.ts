/** The one style sheet of all pages: no foreign fonts or images, light and dark, from a phone's width on. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #f4f5f7; --card: #fff; --edge: #d3d8df; --field: #6b7480;
  --quiet: #57606a; --act: #1a5fb4; --on-act: #fff; --warn: #fff4d6; --warn-edge: #b58105; --bad: #b3261e; --bad-card: #fdecea }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --paper: #121416; --card: #1b1e22; --edge: #343a42;
  --field: #8b95a1; --quiet: #a3acb7; --act: #8ab8f2; --on-act: #10151b; --warn: #332a10; --warn-edge: #d9a520;
  --bad: #f2b8b5; --bad-card: #3b1a18 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem 1.25rem 2rem; background: var(--card) }
main.wide { max-width: 44rem }
@media (max-width: 33.99rem) { body { background: var(--card) } }
@media (min-width: 34rem) { main { margin: 3rem auto; padding: 2rem 2.25rem; border: 1px solid var(--edge); border-radius: .75rem } }
.brand { margin: 0 0 1.25rem; color: var(--quiet); font-size: .875rem; letter-spacing: .02em }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 1rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; line-height: 1.3; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
p { margin: 0 0 1rem }
.field { margin: 0 0 1rem }
.field label { display: block; font-weight: 600 }
.field .hint { margin: 0; color: var(--quiet); font-size: .875rem }
input:not([type=checkbox]) { display: block; width: 100%; margin-top: .25rem; padding: .6rem .75rem; font: inherit;
  color: inherit; background: var(--paper); border: 1px solid var(--field); border-radius: .4rem }
input[aria-invalid=true] { border-color: var(--bad); border-width: 2px }
button, a.button { display: inline-block; padding: .65rem 1.25rem; font: inherit; font-weight: 600; border: 1px solid var(--act);
  border-radius: .4rem; cursor: pointer; background: var(--act); color: var(--on-act); text-decoration: none }
button.plain { background: transparent; color: var(--act) }
button.link { padding: 0; border: 0; background: transparent; color: var(--act); font-weight: 400; text-decoration: underline }
button.small { padding: .4rem .8rem; font-size: .9rem }
a { color: var(--act) }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
.quiet { color: var(--quiet) }
.warning, .error, .done { padding: .75rem 1rem; border-radius: .4rem; border-left: 4px solid var(--warn-edge); background: var(--warn) }
.error { border-color: var(--bad); background: var(--bad-card) }
.done { border-color: var(--act); background: var(--paper) }
.row { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem }
.row > * { flex: 1 1 auto; text-align: center }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 1rem }
dl.facts dt { color: var(--quiet) }
dl.facts dd { margin: 0; overflow-wrap: anywhere; min-width: 0 }
.beside { display: flex; flex-wrap: wrap; gap: 0 .75rem }
.beside > * { min-width: 0 }
@media (max-width: 24rem) { dl.facts { grid-template-columns: 1fr; gap: 0 } dl.facts dd { margin-bottom: .5rem } }
fieldset { border: 1px solid var(--edge); border-radius: .4rem; margin: 0 0 1rem; padding: .25rem 1rem .5rem; min-width: 0 }
legend { font-weight: 600; padding: 0 .35rem; margin-left: -.35rem }
.scope { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; padding: .5rem 0 }
.scope + .scope { border-top: 1px solid var(--edge) }
.scope input { width: 1.2rem; height: 1.2rem; margin: .15rem 0 0; accent-color: var(--act) }
.scope label { overflow-wrap: anywhere; min-width: 0 }
.scope .opens { grid-column: 2; margin: 0; color: var(--quiet); font-size: .9rem; overflow-wrap: anywhere; min-width: 0 }
ul.cards { list-style: none; margin: 0; padding: 0 }
ul.cards > li { border: 1px solid var(--edge); border-radius: .5rem; padding: .75rem 1rem; margin: 0 0 .75rem }
ul.cards dl.facts { margin: 0; font-size: .95rem }
dl.facts > div { display: contents }
.head { display: flex; gap: 1rem; align-items: start; justify-content: space-between; margin: 0 0 .25rem }
.head h3 { min-width: 0; padding-top: .35rem }
.head form { flex: none }
.line { display: block }
.raw { color: var(--quiet); font-size: .8rem }
.tag { display: inline-block; padding: 0 .45rem; border: 1px solid var(--edge); border-radius: 1rem; color: var(--quiet); font-size: .8rem }
.tag.new { border-color: var(--act); color: var(--act); font-weight: 600 }
@media (max-width: 33.99rem) { ul.cards > li { padding: .6rem .75rem } ul.cards dl.facts { font-size: .875rem }
  :is(ul.cards dl.facts, dl.servers), :is(ul.cards dl.facts, dl.servers) > div { display: block }
  ul.cards dl.facts :is(dt, dd, .line:first-child) { display: inline; margin: 0 } dl.servers > div { margin-bottom: .5rem } }
code { font-size: .95em; overflow-wrap: anywhere }
.name { overflow-wrap: anywhere }
`
