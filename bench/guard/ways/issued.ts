import { issue } from '@portcullis/auth/keys'
import type { CredentialStore } from '@portcullis/auth/store'
import type { Credential } from '../checker.ts'

/** Keys for a server, each of a client of its own. */
export async function issueKeys(
  store: CredentialStore,
  server: string,
  count: number,
): Promise<readonly [Credential, ...Credential[]]> {
  const now = Math.floor(Date.now() / 1000)
  const make = async (): Promise<Credential> => {
    const { secret, record } = await issue(store, { kind: 'api-key', server, name: 'bench' }, now)
    return { text: secret, subject: record.clientId }
  }
  const more = Array.from({ length: count - 1 }, make)
  return [await make(), ...(await Promise.all(more))]
}
