import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import type { Host } from '../hosts/stage.ts'
import { assertNothingInternal, assertRefused, bearer, call, type Given, given, textOf } from './given.ts'

const DEEP = `${'['.repeat(60_000)}${']'.repeat(60_000)}`

export function bodies(host: Host): void {
  const { parses } = host

  async function assertNotTaken(here: Given, headers: object, body: string, code: number): Promise<void> {
    const answer = await here.ask({ headers: { ...headers }, body })
    // What a framework's parser cannot read, or has put right by itself, it answers, or the server behind does.
    if (parses === undefined) return assertRefused(here, answer, [400, code])
    assert.ok(answer.status >= 400 && answer.status < 500, `${body.slice(0, 60)}: ${answer.status}`)
    assert.deepEqual(here.heard, [])
  }

  describe('a body', () => {
    it('that is no message reaches nobody', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key())
      const unreadable = ['', '{', '{"jsonrpc":"2.0"', 'null{}', 'tools/call', '{"a":1,}', "{'a':1}"]
      const invalid = ['null', '1', '"text"', '[]', '{}', '[1]', '{"jsonrpc":"1.0","id":1,"method":"ping"}']
      const noRequest = [
        '{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"read_note"}}',
        '{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{"name":"read_note"}}',
        '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"read_note"}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["read_note"]}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note"},"result":{}}',
      ]

      for (const body of unreadable) await assertNotTaken(here, headers, body, -32700)
      for (const body of [...invalid, ...noRequest]) await assertNotTaken(here, headers, body, -32600)
    })

    if (parses === undefined)
      it('that two readers could read differently reaches nobody', async (test) => {
        const here = await given(host, test)
        const headers = bearer(await here.key({ scopes: ['notes:read'] }))
        const twice = [
          `\ufeff${JSON.stringify(call('read_note'))}`,
          '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"write_note"}}',
          '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","name":"write_note"}}',
          '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","Name":"write_note"}}',
          '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","n\\u0061me":"write_note"}}',
          '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","__proto__":{"name":"write_note"}}}',
        ]

        for (const body of twice) await assertNotTaken(here, headers, body, -32700)
      })

    if (parses !== undefined)
      it('that a parser has read is decided about as it was read', async (test) => {
        const here = await given(host, test)
        const headers = bearer(await here.key({ scopes: ['notes:read'] }))
        const body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","name":"write_note"}}'

        const answer = await here.ask({ headers, body })

        assert.notEqual(textOf(answer), 'written')
        assert.deepEqual(here.heard, [])
      })

    it('that is nested without end reaches nobody', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key())
      const nested = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","arguments":{"note":${DEEP}}}}`

      await assertNotTaken(here, headers, DEEP, -32700)
      await assertNotTaken(here, headers, nested, -32700)
      assert.equal((await here.ask({ headers, message: call('read_note') })).status, 200)
    })

    it('in a batch is let in as a whole or not at all', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key({ scopes: ['notes:read'] }))
      const batch = (...names: string[]) => names.map((name, index) => ({ ...call(name), id: index }))

      const forbidden = await here.ask({ headers, message: batch('read_note', 'write_note') })
      assertRefused(here, forbidden, [400, -32600])
      const endless = await here.ask({ headers, message: batch(...Array.from({ length: 51 }, () => 'read_note')) })
      assertRefused(here, endless, [400, -32600])
    })

    it('of more than 4 MB is not read, stated or not', async (test) => {
      const here = await given(host, test)
      const headers = bearer(await here.key())
      const part = Buffer.alloc(2 ** 20, ' ')

      const stated = await here.ask({ headers, body: ' '.repeat(4 * 2 ** 20 + 1) })
      const unstated = await here.ask({ headers, body: [part, part, part, part, part] })

      for (const answer of [stated, unstated]) {
        if (parses !== undefined) assert.deepEqual([answer.status, here.heard], [413, []])
        else assertRefused(here, answer, [413, 'body_too_large'])
        assertNothingInternal(answer)
      }
      assert.equal((await here.ask({ headers, message: call('read_note') })).status, 200)
    })

    if (parses !== 'first')
      it('of a stranger is not waited for', async (test) => {
        const here = await given(host, test)

        const status = await new Promise((resolve, reject) => {
          const outgoing = request({ host: '127.0.0.1', port: here.port, method: 'POST', path: '/mcp' }, (response) => {
            resolve(response.statusCode)
            outgoing.destroy()
          })
          outgoing.on('error', reject)
          outgoing.setHeader('content-length', 1000)
          outgoing.write('{')
        })

        assert.equal(status, 401)
      })

    if (parses !== 'first')
      it('whose sender leaves is nobody’s: only that is recorded', async (test) => {
        const here = await given(host, test)
        const headers = { ...bearer(await here.key()), 'content-length': 1000, 'content-type': 'application/json' }
        const outgoing = request({ host: '127.0.0.1', port: here.port, method: 'POST', path: '/mcp', headers })
        outgoing.on('error', () => {})
        outgoing.write('{"jsonrpc":')
        await pass(50)

        outgoing.destroy()

        await until(() => here.requests().length > 0)
        assert.deepEqual(
          here.requests().map(({ outcome, decision, reason }) => [outcome, decision, reason]),
          [['left', 'refused', 'body_incomplete']],
        )
        assert.deepEqual(here.heard, [])
      })
  })
}

/** Waits for what happens soon. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !isSo(); round++) await pass(10)
}
