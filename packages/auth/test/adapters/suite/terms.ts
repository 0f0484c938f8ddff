import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { oauth } from '../../../src/index.ts'
import { limits } from '../../../src/limits/index.ts'
import { NOON } from '../../guard/given.ts'
import { givenIssuer } from '../../issuers/given.ts'
import type { Host } from '../hosts/stage.ts'
import { assertRefused, bearer, call, given, METADATA, RESOURCE, textOf } from './given.ts'

export function terms(host: Host): void {
  describe('a token', () => {
    it('that lacks a scope is told which, before any tool hears of it', async (test) => {
      const issuer = await givenIssuer()
      test.after(() => issuer.close())
      const access = [oauth({ issuer: issuer.url })]
      const here = await given(host, test, () => ({ access, now: () => NOON }))
      const secret = await issuer.token({ aud: RESOURCE, scope: 'notes:read' })

      const read = await here.ask({ headers: bearer({ secret }), message: call('read_note', { note: 'a' }) })
      assert.equal(textOf(read), 'a for ada')
      here.heard.length = 0
      const write = await here.ask({ headers: bearer({ secret }), message: call('write_note') })

      const description = 'error="insufficient_scope", error_description="The token does not cover this."'
      assertRefused(here, write, [
        ...([403, 403] as const),
        `Bearer ${description}, scope="notes:write notes:read", resource_metadata="${METADATA}"`,
      ])
    })

    it('for another resource opens nothing here', async (test) => {
      const issuer = await givenIssuer()
      test.after(() => issuer.close())
      const access = [oauth({ issuer: issuer.url })]
      const here = await given(host, test, () => ({ access, now: () => NOON }))

      for (const aud of ['https://notes.example.com/mcp', `${RESOURCE}/`, 'https://notes.example.com', [], undefined]) {
        const secret = await issuer.token({ aud, scope: 'notes:read' })
        const answer = await here.ask({ headers: bearer({ secret }), message: call('read_note') })
        assert.deepEqual([answer.status, here.heard], [401, []], String(aud))
        assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer error="invalid_token"/)
      }
    })
  })

  describe('a limit', () => {
    it('is told with each answer, and what is beyond it reaches no tool', async (test) => {
      const rules = [{ name: 'calls', per: 'principal', limit: 1, windowSeconds: 60 }] as const
      const here = await given(host, test, () => ({ limits: limits(rules) }))
      const headers = bearer(await here.key())

      const first = await here.ask({ headers, message: call('read_note') })
      const second = await here.ask({ headers, message: call('read_note') })

      assert.equal(first.status, 200)
      assert.match(String(first.headers.ratelimit), /"calls";r=0/)
      assert.equal(second.status, 429)
      assert.ok(Number(second.headers['retry-after']) > 0)
      assert.deepEqual(here.heard, ['read_note'])
    })
  })
}
