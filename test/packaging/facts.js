/** What the installed library does with keys, on whatever runtime this runs. Nothing of it is shown but these facts. */
import { apiKeys, guard } from '@portcullis/auth'
import { digestOf } from '@portcullis/auth/crypto'
import { issue } from '@portcullis/auth/keys'
import { memoryCredentials } from '@portcullis/auth/store'

export const KEY = 'a-key-in-clear-0123456789-abcdefghijkl'
const store = memoryCredentials()
const access = [apiKeys(store), apiKeys.fromText(KEY)]
export const gate = guard({ resource: 'https://mcp.example/notes/mcp', access, onWarning() {} })

const bearer = (key) => ({
  header: (name) => (name === 'authorization' ? `Bearer ${key}` : undefined),
  isRepeated: () => false,
})
const told = async (key) => {
  const verdict = await gate.check(bearer(key))
  return verdict.kind === 'granted' ? verdict.principal.clientId : verdict.refusal.reason
}

export async function facts() {
  const { secret, record } = await issue(store, { kind: 'api-key', server: 'notes', name: 'laptop' }, 1)
  const isAtOnce = !(gate.check(bearer(secret)) instanceof Promise)
  const isIssued = (await told(secret)) === record.clientId
  const [fixed, wrong] = [await told(KEY), await told(`${KEY}x`)]
  await store.revoke(record.id, 2)
  // What was looked at in this turn is not looked at again.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const digest = [...(await digestOf('abc'))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return { isAtOnce, isIssued, fixed, wrong, revoked: await told(secret), digest }
}
