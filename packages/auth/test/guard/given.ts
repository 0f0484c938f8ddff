import { checksum } from '../../src/crypto/index.ts'
import { Guard, type GuardedServer, type RequestView, type Verdict } from '../../src/guard/index.ts'
import { type Issued, type IssueTerms, issue } from '../../src/keys/index.ts'
import { compileScopes } from '../../src/policy/index.ts'
import { type CredentialStore, memoryCredentials } from '../../src/store/index.ts'

/** Seconds since the epoch. */
export const NOON = 1_800_000_000

export const files: GuardedServer = {
  name: 'files',
  access: new Set(['api-key', 'unlisted']),
  scopes: compileScopes({ 'files:read': ['read_*'], 'files:write': ['write_*'] }),
}

/** A request with these fields; a field given as a list came that often. */
export function view(fields: Readonly<Record<string, string | readonly string[]>> = {}): RequestView {
  const values = (name: string) => [fields[name] ?? []].flat()
  return {
    header: (name) => values(name)[0],
    isRepeated: (name) => values(name).length > 1,
  }
}

export const bearer = (key: string): RequestView => view({ authorization: `Bearer ${key}` })

/** A guard over a store, at a time that tests set. */
export function givenGuard(store: CredentialStore = memoryCredentials()) {
  const clock = { now: NOON }
  const guard = new Guard({ credentials: store, now: () => clock.now, defer: setImmediate })
  return {
    guard,
    store,
    clock,
    /** A key for `files`, unless the terms say otherwise. */
    key: (terms: Partial<IssueTerms> = {}): Promise<Issued> =>
      issue(store, { kind: 'api-key', server: 'files', name: 'a key', ...terms }, clock.now),
    check: async (request: RequestView, server: GuardedServer = files): Promise<Verdict> => {
      await turn()
      return guard.check(request, server)
    },
    checkUrl: async (secret: string, request = view(), server: GuardedServer = files): Promise<Verdict> => {
      await turn()
      return guard.checkSecretUrl(secret, request, server)
    },
  }
}

/** Requests come in turns of the event loop of their own. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A well-spelled secret with the public id of another, as somebody makes one who has seen a log. */
export function guessed({ secret }: Issued): string {
  const body = `${secret.slice(0, 22)}${'A'.repeat(43)}_`
  return body + checksum(body)
}

/** A well-spelled secret that nobody was given. */
export function unknown(prefix: 'pcls_' | 'pclu_' = 'pcls_'): string {
  const body = `${prefix}zzzzzzzzzzzzzzzz_${'A'.repeat(43)}_`
  return body + checksum(body)
}

/** Why a request was refused; undefined when it was not. */
export function reasonOf(verdict: Verdict): string | undefined {
  return verdict.kind === 'refused' ? verdict.refusal.reason : undefined
}

/** The same store, and how often each of its methods was called. */
export function counted(store: CredentialStore): { store: CredentialStore; calls: Record<string, number> } {
  const calls: Record<string, number> = {}
  const counting = new Proxy(store, {
    get(target, method: keyof CredentialStore & string) {
      return (...args: never[]) => {
        calls[method] = (calls[method] ?? 0) + 1
        return (target[method] as (...args: never[]) => unknown)(...args)
      }
    },
  })
  return { store: counting, calls }
}
