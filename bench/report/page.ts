import type { PeerFigures, Report, Result } from './result.ts'
import { describe } from './table.ts'

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench -- --write\`; do not edit. Absolute figures are those of the machine below; what counts are
the ratios, each computed within one round of one run, and their median over the rounds.

The process under test has one core to itself; load generator and upstream share the other. In each round every peer is
called once, in an order that moves on. The load is a closed loop of 64 connections with one small \`tools/call\` each
(stdio: 32 calls under way; added latency: an open loop at half of the gate's capacity), and every answer is verified. The upstream answers at once.

- \`direct\`: nothing in between; what the generator and the upstream can do on their one core. A peer near it may be quicker than could be seen.
- \`nginx\`: a plain proxy, one worker, kept connections. Checks nothing.
- \`bare\`: the leanest good forwarder in Node (\`node:http\` and \`undici\`). Checks nothing.
- \`lean\`: \`bare\`, and the least that any gate does for a call: the key's hash compared, the body parsed, two lines appended.
  What \`gate\` takes beyond it is the price of all that it looks at.
- \`express-sdk\`: Express 5, the official SDK's \`requireBearerAuth\`, an ES256 token verified by \`jose\` per call, \`http-proxy-middleware\`.
- \`gate\`: Portcullis with an API key; \`gate-million\`: with a million of them, drawn uniformly.
- \`sdk-stdio\`: the stdio server that stands behind the gate, driven over its pipes by the official SDK's client. No HTTP.
- \`bare-stdio\`: the leanest good HTTP front of that server in Node (\`node:http\`, one child, ids renumbered). Checks nothing.
- \`own-http\`: the same server by its own Streamable HTTP transport, without a gate.
- \`pump\`: the same stdio server, its pipes filled with finished lines: how fast the server is. Out of reach over HTTP.

The guard of the library (\`guard.*\`) is asked in process, without HTTP, and so are its peers; every answer must name the
credential's subject. Answers by promise: 64 under way.

- \`guard\`: \`check()\` with API keys, tokens that were seen before, or tokens that nobody has seen.
- \`sdk-v2\`: the official SDK's \`requireBearerAuth\` and \`jwtVerify\` of \`jose\`; \`jose\`: that alone, its key imported once.
- \`better-auth\`, \`express-jwt\`: their guards for MCP servers and for Express, without what stands around them.
- \`guarded\`, \`unprotected\`: an MCP server of the SDK over HTTP, behind the guard and as it is; \`parsed\`: with a body parser before it.

Which goals are missed, and why: [0024](decisions/0024-speed-that-is-not-reached.md).

In a ratio more is better: how many times as good as the peer. A burst during which other programs were busy on these
cores is repeated twice at most and the quietest kept; the last column says how quiet it was.
`

/** The page for the documentation. Depends on nothing but the report. */
export function toPage({ node, cpu, results }: Report): string {
  const machine = `Node ${node}, ${cpu}.`
  const details = results.filter(({ peers }) => peers !== undefined).map(detail)
  return [INTRODUCTION, machine, '', ...overview(results), '', ...details].join('\n')
}

function overview(results: readonly Result[]): string[] {
  return ['| Id | Median | Goal | Met |', '| --- | --- | --- | --- |', ...results.map(row)]
}

function row(result: Result): string {
  const { id, median, unit, goal } = result
  if (result.failure !== undefined) return `| \`${id}\` | failed: ${result.failure.replaceAll('|', '\\|')} | | no |`
  if (result.skipped !== undefined) return `| \`${id}\` | skipped: ${result.skipped} | | |`
  return `| \`${id}\` | ${median} ${unit} | ${goal === null ? '' : describe(goal, result)} | ${verdict(result)} |`
}

function verdict({ met, disturbed }: Result): string {
  if (disturbed !== undefined) return 'unknown: the machine was busy'
  return met === null ? '' : met ? 'yes' : 'no'
}

function detail({ id, peers = {}, ratios }: Result): string {
  const head = [
    '| Peer | Calls/s | p50 ms | p99 ms | CPU µs per call | Ratio | Core taken by others |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ]
  return [
    `## ${id}`,
    '',
    ...head,
    ...Object.entries(peers).map(([name, figures]) => peerRow(name, figures, ratios[name])),
    '',
  ].join('\n')
}

function peerRow(
  name: string,
  { perSecond, p50Ms, p99Ms, cpuMicroseconds, foreign }: PeerFigures,
  ratio: number | undefined,
): string {
  return `| ${name} | ${perSecond} | ${p50Ms} | ${p99Ms} | ${cpuMicroseconds} | ${ratio ?? ''} | ${Math.max(0, Math.round(foreign * 100))} % |`
}
