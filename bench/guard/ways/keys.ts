/**
 * The guard with API keys of a memory store.
 *
 *   node bench/guard/ways/keys.ts COUNT
 */
import { apiKeys, guard } from '@portcullis/auth'
import { memoryCredentials } from '@portcullis/auth/store'
import { serveChecks } from '../serve.ts'
import { checkerOf } from './gate.ts'
import { issueKeys } from './issued.ts'

const store = memoryCredentials()
const gate = guard({ resource: 'https://mcp.example/notes/mcp', access: [apiKeys(store)] })
const good = await issueKeys(store, gate.name, Number(process.argv[2]))
const [elsewhere] = await issueKeys(store, 'another', 1)
// Of the same form and length, with one digit of its secret changed: only its digest tells.
const [first] = good
serveChecks(checkerOf(gate), good, [
  { what: 'no key at all', text: 'wrong' },
  { what: 'a key of another server', text: elsewhere?.text ?? '' },
  { what: 'a key with another secret', text: changed(first?.text ?? '') },
])

function changed(key: string): string {
  const at = key.length - 10
  return key.slice(0, at) + (key[at] === 'a' ? 'b' : 'a') + key.slice(at + 1)
}
