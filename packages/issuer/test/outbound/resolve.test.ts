import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { FetchRefused, nameServers, Outbound } from '../../src/outbound/index.ts'

const A = 1
const AAAA = 28

/** What a name server knows, by name and type of record; a name that is not there gets no answer at all. */
const RECORDS: Readonly<Record<string, Readonly<Record<number, readonly number[]>>>> = {
  'both.example': { [A]: [93, 184, 215, 14], [AAAA]: [0x26, 6, 0x47, 0, ...Array(11).fill(0), 1] },
  'four.example': { [A]: [93, 184, 215, 14] },
  'inside.example': { [A]: [93, 184, 215, 14], [AAAA]: [...Array(10).fill(0), 0xff, 0xff, 127, 0, 0, 1] },
}

/** A name server that knows `RECORDS` (RFC 1035 §4.1), as little of one as will do. */
function answerTo(query: Buffer): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const question = query.subarray(12, at + 5)
  const type = query.readUInt16BE(at + 1)
  const records = RECORDS[labels.join('.').toLowerCase()]
  if (records === undefined) return undefined
  const data = records[type]
  const header = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, data === undefined ? 0 : 1, 0, 0, 0, 0])
  const answer = data === undefined ? [] : [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length, ...data]
  return Buffer.concat([header, question, Buffer.from(answer)])
}

describe('what name servers say', () => {
  let server: Socket
  let resolve: ReturnType<typeof nameServers>
  before(async () => {
    server = createSocket('udp4')
    server.on('message', (query, { address, port }) => {
      const answer = answerTo(query)
      if (answer !== undefined) server.send(answer, port, address)
    })
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    resolve = nameServers([`127.0.0.1:${server.address().port}`])
  })
  after(() => server.close())

  it('is every address of a name, of both kinds', async () => {
    assert.deepEqual(await resolve('both.example'), [
      { address: '93.184.215.14', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ])
    assert.deepEqual(await resolve('four.example'), [{ address: '93.184.215.14', family: 4 }])
  })

  it('refuses a name of which one kind of address leads inside', async () => {
    const outbound = new Outbound({ allowsLoopback: false, resolve })
    const asked = outbound.get('https://inside.example/c', '*/*', { bytes: 1, seconds: 1 })
    await assert.rejects(asked, (error: unknown) => error instanceof FetchRefused && error.fault === 'address')
  })

  it('is not waited for without end', async () => {
    const begun = Date.now()
    await assert.rejects(resolve('silent.example'))
    assert.ok(Date.now() - begun < 5000)
  })
})
