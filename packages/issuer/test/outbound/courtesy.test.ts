import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Courtesy } from '../../src/outbound/index.ts'

describe('how often a host is asked', () => {
  it('a URL that gave nothing good rests for half a minute, and is no longer than that held against it', () => {
    const courtesy = new Courtesy()
    courtesy.failed('https://a.example/1', 'a.example', 100)

    assert.equal(courtesy.ask('https://a.example/1', 'a.example', false, 100), 30)
    assert.equal(courtesy.ask('https://a.example/1', 'a.example', true, 129), 1)
    assert.equal(courtesy.ask('https://a.example/2', 'a.example', false, 101), 0)
    assert.equal(courtesy.ask('https://a.example/1', 'a.example', false, 130), 0)
  })

  it('a host rests when many of its URLs gave nothing good, and others do not rest with it', () => {
    const courtesy = new Courtesy()
    for (let n = 0; n < 10; n++) courtesy.failed(`https://a.example/${n}`, 'a.example', 100)

    assert.equal(courtesy.ask('https://a.example/new', 'a.example', false, 110), 50)
    assert.equal(courtesy.ask('https://b.example/new', 'b.example', false, 110), 0)
    assert.equal(courtesy.ask('https://a.example/new', 'a.example', false, 160), 0)
  })

  it('a host is asked thirty times a minute, however many URLs strangers make up', () => {
    const courtesy = new Courtesy()
    const waits = Array.from({ length: 40 }, (_, n) => courtesy.ask(`https://a.example/${n}`, 'a.example', false, 100))
    assert.equal(waits.filter((wait) => wait === 0).length, 30)
  })

  it('nobody shuts a client out by asking for its neighbours', () => {
    const courtesy = new Courtesy()
    for (let n = 0; n < 40; n++) {
      courtesy.ask(`https://a.example/${n}`, 'a.example', false, 100)
      courtesy.failed(`https://a.example/${n}`, 'a.example', 100)
    }
    assert.equal(courtesy.ask('https://a.example/client.json', 'a.example', true, 101), 0)
  })
})
