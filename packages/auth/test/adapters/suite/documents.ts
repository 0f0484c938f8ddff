import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { apiKeys, oauth } from '../../../src/index.ts'
import type { CredentialStore } from '../../../src/store/index.ts'
import type { Host } from '../hosts/stage.ts'
import { assertRefused, bearer, call, given, METADATA, RESOURCE } from './given.ts'

const ISSUER = 'https://login.example.com'
const AT_ROOT = '/.well-known/oauth-protected-resource'
const PATH = new URL(METADATA).pathname
const signIn = () => ({ access: [oauth({ issuer: ISSUER })] })
const signInOrKey = (store: CredentialStore) => ({ access: [apiKeys(store), oauth({ issuer: ISSUER })] })

export function documents(host: Host): void {
  describe('the metadata of a server that people sign in to', () => {
    it('stands where clients look for it, whatever the request says of the host (RFC 9728 §3.1)', async (test) => {
      const here = await given(host, test, signIn)
      const headers = {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
        forwarded: 'host=evil.example',
      }

      for (const path of [PATH, AT_ROOT, `${PATH}?a=b`]) {
        const { status, headers: fields, json } = await here.ask({ method: 'GET', path, headers })
        assert.deepEqual(
          [status, fields['content-type']?.split(';')[0], fields['access-control-allow-origin']],
          [200, 'application/json', '*'],
        )
        assert.deepEqual(
          [json?.resource, json?.authorization_servers, json?.bearer_methods_supported],
          [RESOURCE, [ISSUER], ['header']],
        )
      }
    })

    it('is for reading, and pages of any origin may', async (test) => {
      const here = await given(host, test, signIn)

      const head = await here.ask({ method: 'HEAD', path: PATH })
      const preflight = await here.ask({ method: 'OPTIONS', path: PATH, headers: { origin: 'http://localhost:9' } })
      const write = await here.ask({ method: 'POST', path: PATH, message: {} })

      assert.deepEqual([head.status, head.text], [200, ''])
      assert.deepEqual(
        [preflight.status, preflight.headers['access-control-allow-headers']],
        [204, 'mcp-protocol-version'],
      )
      assert.equal(write.status, 405)
    })

    it('is named in challenges', async (test) => {
      const here = await given(host, test, signIn)
      const named = `scope="notes:read notes:write", resource_metadata="${METADATA}"`
      const message = call('read_note')

      assertRefused(here, await here.ask({ message }), [401, 'token_missing', `Bearer ${named}`])
      const bad = await here.ask({ headers: { authorization: 'Bearer abc.def.ghi' }, message })
      assertRefused(here, bad, [
        ...([401, 'invalid_token'] as const),
        `Bearer error="invalid_token", error_description="The access token is not valid.", ${named}`,
      ])
    })

    it('is not thrust upon who sends a key: signing in would not help', async (test) => {
      const here = await given(host, test, signInOrKey)
      const key = await here.key()
      await here.store.revoke(key.record.id, here.clock.now)

      assertRefused(here, await here.ask({ headers: bearer(key), message: call('read_note') }), [
        403,
        'invalid_api_key',
        undefined,
      ])
    })

    it('is not there where nobody can sign in', async (test) => {
      const here = await given(host, test)

      for (const path of [PATH, AT_ROOT])
        assert.ok([401, 404].includes((await here.ask({ method: 'GET', path })).status), path)
    })
  })
}
