import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BusyError, canonicalName, faultOfName, faultOfPassword } from '../../src/people/index.ts'
import { Queue } from '../../src/people/queue.ts'
import { startIssuer } from '../given.ts'

describe('names', () => {
  it('are the same however they are typed', async () => {
    const running = await startIssuer({ withoutAccounts: true })
    const { people } = running.issuer
    await people.create('Zoë', 'passwörter sind gut')

    for (const typed of ['zoë', 'ZOË', 'zoe\u0308', ' Zoë ', 'Ｚoë']) {
      assert.equal((await people.recognize(typed, 'passwo\u0308rter sind gut', 'test'))?.name, 'zoë', typed)
      assert.equal(await people.create(typed, undefined), undefined, typed)
    }
    assert.equal(await people.recognize('zoe', 'passwörter sind gut', 'test'), undefined)
    await running.close()
  })

  it('are of any script, and hold nothing that cannot be seen', () => {
    for (const name of ['ada@example.com', '王小明', 'أحمد', 'हिन्दी', 'ёлка', 'a', '-x'])
      assert.equal(faultOfName(name), undefined, name)
    for (const name of ['a b', 'a\u200bb', 'a\u202eb', 'a\nb', 'a<b', 'a/b', '\u0301a']) {
      assert.equal(faultOfName(name), 'characters', JSON.stringify(name))
    }
    assert.equal(faultOfName('  '), 'empty')
    assert.equal(faultOfName('a'.repeat(101)), 'too_long')
    assert.equal(canonicalName('\u212Bngström'), 'ångström')
  })
})

describe('passwords', () => {
  it('are counted in characters, as NIST SP 800-63B has it', () => {
    assert.equal(faultOfPassword('🔑'.repeat(9)), 'too_short')
    assert.equal(faultOfPassword('🔑'.repeat(10)), undefined)
    assert.equal(faultOfPassword('a'.repeat(256)), undefined)
    assert.equal(faultOfPassword('a'.repeat(257)), 'too_long')
  })
})

describe('the queue before dear work', () => {
  it('lets few run, some wait, and turns the others away', async () => {
    const queue = new Queue({ running: 2, waiting: 3, waitingKnown: 1, perAsker: 10 })
    const gate = Promise.withResolvers<void>()
    let running = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running)
      await gate.promise
      running -= 1
    }
    const all = Array.from({ length: 8 }, () => queue.run('one', work).catch((error: unknown) => error))
    gate.resolve()

    const ends = await Promise.all(all)
    assert.equal(ends.filter((end) => end instanceof BusyError).length, 3)
    assert.equal(most, 2)
    assert.equal(await queue.run('one', async () => 'free again'), 'free again')
  })

  it('leaves places to others, and goes on after a failure', async () => {
    const queue = new Queue({ running: 1, waiting: 10, waitingKnown: 1, perAsker: 2 })
    const gate = Promise.withResolvers<void>()
    const greedy = Array.from({ length: 5 }, () => queue.run('greedy', () => gate.promise).catch(() => 'away'))
    const other = queue.run('other', async () => 'served')
    gate.reject(new Error('failed'))

    assert.equal(await other, 'served')
    assert.equal((await Promise.all(greedy)).length, 5)
    assert.equal(await queue.run('greedy', async () => 'again'), 'again')
  })

  it('keeps a line for those who are known, who have every other turn and not all of them', async () => {
    const queue = new Queue({ running: 1, waiting: 6, waitingKnown: 4, perAsker: 4 })
    const gate = Promise.withResolvers<void>()
    const order: string[] = []
    const work = (who: string) => async () => {
      await gate.promise
      order.push(who)
    }
    const strangers = Array.from({ length: 12 }, (_, index) =>
      queue.run(`net ${index}`, work('stranger')).catch(() => 'away'),
    )
    const known = Array.from({ length: 6 }, () => queue.run('ada', work('known'), true).catch(() => 'away'))
    gate.resolve()

    assert.equal((await Promise.all(strangers)).filter((end) => end === 'away').length, 5)
    assert.equal((await Promise.all(known)).filter((end) => end === 'away').length, 2)
    assert.deepEqual(order.slice(0, 6), ['stranger', 'known', 'stranger', 'known', 'stranger', 'known'])
  })
})

describe('links of an account', () => {
  it('are void once another was made, of whichever kind', async () => {
    const running = await startIssuer({ withoutAccounts: true })
    const { people } = running.issuer
    const { id = '' } = (await people.create('eve', undefined)) ?? {}
    const other = (await people.create('bob', undefined))?.id ?? ''

    const theirs = String(await people.invite(other))
    const invitation = String(await people.invite(id))
    const reset = String(await people.reset(id))
    assert.equal(await people.findLink(invitation), undefined)
    assert.equal(await people.acceptLink(invitation, 'a password of a finder', 'test'), undefined)
    assert.equal(await people.findLink(reset), 'reset')

    const again = String(await people.invite(id))
    assert.equal(await people.findLink(reset), undefined)
    assert.equal((await people.acceptLink(again, 'a password of her own', 'test'))?.id, id)
    assert.equal(await people.findLink(theirs), 'invitation')
    await running.close()
  })
})
