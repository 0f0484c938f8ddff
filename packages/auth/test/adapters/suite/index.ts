import { describe } from 'node:test'
import type { Host } from '../hosts/stage.ts'
import { bodies } from './bodies.ts'
import { credentials } from './credentials.ts'
import { decisions } from './decisions.ts'
import { documents } from './documents.ts'
import { paths } from './paths.ts'
import { streams } from './streams.ts'
import { terms } from './terms.ts'

/** The same attacks on every adapter. */
export function suite(host: Host): void {
  describe(host.name, () => {
    credentials(host)
    paths(host)
    bodies(host)
    decisions(host)
    streams(host)
    terms(host)
    documents(host)
  })
}
