/** The one style sheet of all pages: no foreign fonts or images, light and dark, from a phone's width on. */
export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e8eaed); --paper: light-dark(#fff, #17191c);
  --edge: light-dark(#c9ced6, #3a3f46); --quiet: light-dark(#57606a, #9aa4af); --act: light-dark(#1a5fb4, #78aeed);
  --on-act: light-dark(#fff, #10151b); --warn: light-dark(#fff3cd, #3d3215); }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 30rem; margin: 0 auto; padding: 2rem 1.25rem }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 1rem }
label { display: block; margin: 0 0 1rem }
input:not([type=checkbox]) { display: block; width: 100%; margin-top: .25rem; padding: .6rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--quiet); border-radius: .4rem }
button { padding: .65rem 1.1rem; font: inherit; border: 1px solid var(--act); border-radius: .4rem; cursor: pointer;
  background: var(--act); color: var(--on-act) }
button.plain { background: transparent; color: var(--act) }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
.quiet { color: var(--quiet) }
.warning { background: var(--warn); padding: .75rem 1rem; border-radius: .4rem }
.row { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem }
code, .name { overflow-wrap: anywhere }
`
