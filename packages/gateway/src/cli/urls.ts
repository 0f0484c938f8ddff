import { defineCommand, type Group } from './command.ts'
import { ONE_ID, readId } from './credential-id.ts'
import { CREATE_OPTIONS, requested } from './credential-options.ts'
import { formatList } from './credential-table.ts'
import {
  createCredential,
  isoTime,
  listCredentials,
  revokeCredential,
  rotateCredential,
  secretUrl,
} from './credentials.ts'
import { wordsOfRevoked } from './revoked.ts'

const create = defineCommand({
  usage: '--server NAME --name LABEL [--scopes A,B] [--tools X,Y] [--tenant T] [--expires 30d|never]',
  about:
    'Makes a secret URL, for clients that can be given nothing but an address, and prints it once. Whoever has it is in:\n' +
    'browsers, proxies and chat logs keep addresses, so prefer a key wherever the client can send one.',
  options: CREATE_OPTIONS,
  async run({ values, settings, answer }) {
    const settled = await settings()
    const issued = await createCredential(settled, 'secret-url', requested(values))
    const { id, clientId, expiresAt } = issued.record
    const { url, caveat } = secretUrl(settled, issued)
    const told = `Keep it now: it is not shown again. Its id is ${id}; it expires ${isoTime(expiresAt) ?? 'never'}.`
    answer(
      { id, url, isAssumed: caveat !== undefined, client: clientId, expiresAt: isoTime(expiresAt) },
      [url, '', told, ...(caveat === undefined ? [] : [caveat])].join('\n'),
    )
    return 0
  },
})

const list = defineCommand({
  usage: '[--server NAME]',
  options: { server: { type: 'string', value: 'NAME', help: 'only those of this server' } },
  async run({ values, settings, answer, stderr }) {
    const urls = await listCredentials(await settings(), 'url', values.server, stderr)
    answer({ urls }, formatList(urls, 'There are no secret URLs. Make one with `portcullis urls create`.'))
    return 0
  },
})

const rotate = defineCommand({
  usage: 'ID [--overlap 24h]',
  about: 'Makes a new secret URL for the same client on the same terms. Both are good until the overlap ends.',
  positionals: ONE_ID,
  options: {
    overlap: { type: 'string', value: 'DURATION', help: 'how long the old URL stays good; default keys.overlap' },
  },
  async run({ values, positionals, settings, answer }) {
    const id = readId('url', positionals)
    const settled = await settings()
    const { issued, endsAt } = await rotateCredential(settled, 'url', id, values.overlap)
    const { url, caveat } = secretUrl(settled, issued)
    const { record } = issued
    const told = `Keep it now: it is not shown again. Its id is ${record.id}. The old one ends at ${isoTime(endsAt)}.`
    answer(
      { id: record.id, url, isAssumed: caveat !== undefined, replaces: id, overlapEndsAt: isoTime(endsAt) },
      [url, '', told, ...(caveat === undefined ? [] : [caveat])].join('\n'),
    )
    return 0
  },
})

const revoke = defineCommand({
  usage: 'ID',
  positionals: ONE_ID,
  options: {},
  async run({ positionals, settings, answer }) {
    const id = readId('url', positionals)
    const revoked = await revokeCredential(await settings(), 'url', id)
    answer({ id, revoked: true, successor: revoked.successor ?? null }, wordsOfRevoked('URL', id, revoked))
    return 0
  },
})

export const group: Group = {
  commands: [
    { name: 'create', summary: 'Make a secret URL and show it once', load: async () => create },
    { name: 'list', summary: 'List secret URLs, without their secrets', load: async () => list },
    { name: 'rotate', summary: 'Replace a secret URL, with overlap', load: async () => rotate },
    { name: 'revoke', summary: 'End a secret URL at once', load: async () => revoke },
  ],
}
