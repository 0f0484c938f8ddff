import { defineCommand, type Group } from './command.ts'
import { ONE_ID, readId } from './credential-id.ts'
import { CREATE_OPTIONS, requested } from './credential-options.ts'
import { formatList } from './credential-table.ts'
import { createCredential, isoTime, listCredentials, revokeCredential, rotateCredential } from './credentials.ts'
import { wordsOfRevoked } from './revoked.ts'

const create = defineCommand({
  usage: '--server NAME --name LABEL [--scopes A,B] [--tools X,Y] [--tenant T] [--expires 30d|never] [--probe]',
  about:
    'Makes an API key for a new client and prints it once; only its hash is kept. Without --scopes and --tools it opens\n' +
    'everything on its server. Limited by either, it reaches resources and prompts only with the scope mcp:read.',
  options: {
    ...CREATE_OPTIONS,
    deliver: { type: 'string', help: 'rotate by itself, handing new keys to this delivery of the configuration' },
    probe: { type: 'boolean', help: 'for a monitor: may list and ping, may call nothing' },
  },
  async run({ values, settings, answer }) {
    const kind = values.probe ? 'probe' : 'api-key'
    const { record, secret } = await createCredential(await settings(), kind, requested(values))
    answer(
      { id: record.id, key: secret, client: record.clientId, expiresAt: isoTime(record.expiresAt) },
      `${secret}\n\nKeep it now: it is not shown again. Its id is ${record.id}; it expires ${isoTime(record.expiresAt) ?? 'never'}.`,
    )
    return 0
  },
})

const list = defineCommand({
  usage: '[--server NAME]',
  options: { server: { type: 'string', value: 'NAME', help: 'only those of this server' } },
  async run({ values, settings, answer, stderr }) {
    const keys = await listCredentials(await settings(), 'key', values.server, stderr)
    answer({ keys }, formatList(keys, 'There are no keys. Make one with `portcullis keys create`.'))
    return 0
  },
})

const rotate = defineCommand({
  usage: 'ID [--overlap 24h]',
  about: 'Makes a new key for the same client on the same terms. Both are good until the overlap ends.',
  positionals: ONE_ID,
  options: {
    overlap: { type: 'string', value: 'DURATION', help: 'how long the old key stays good; default keys.overlap' },
  },
  async run({ values, positionals, settings, answer }) {
    const id = readId('key', positionals)
    const { issued, endsAt } = await rotateCredential(await settings(), 'key', id, values.overlap)
    const { record, secret } = issued
    answer(
      {
        id: record.id,
        key: secret,
        replaces: id,
        overlapEndsAt: isoTime(endsAt),
        expiresAt: isoTime(record.expiresAt),
      },
      `${secret}\n\nKeep it now: it is not shown again. Its id is ${record.id}; it expires ${isoTime(record.expiresAt) ?? 'never'}. The old key ends at ${isoTime(endsAt)}.`,
    )
    return 0
  },
})

const revoke = defineCommand({
  usage: 'ID',
  about: 'Ends a key at once: its next request is refused, and its open streams end within 250 ms.',
  positionals: ONE_ID,
  options: {},
  async run({ positionals, settings, answer }) {
    const id = readId('key', positionals)
    const revoked = await revokeCredential(await settings(), 'key', id)
    answer({ id, revoked: true, successor: revoked.successor ?? null }, wordsOfRevoked('Key', id, revoked))
    return 0
  },
})

export const group: Group = {
  commands: [
    { name: 'create', summary: 'Make a key and show it once', load: async () => create },
    { name: 'list', summary: 'List keys, without their secrets', load: async () => list },
    { name: 'rotate', summary: 'Replace a key, with overlap', load: async () => rotate },
    { name: 'revoke', summary: 'End a key at once', load: async () => revoke },
  ],
}
