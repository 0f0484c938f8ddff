import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AccountRecord, AccountStore, LinkRecord } from '../../src/store/index.ts'
import { NOON } from './given.ts'

const account = (id: string, facts: Partial<AccountRecord> = {}): AccountRecord => ({
  id,
  name: id,
  isAdmin: false,
  createdAt: NOON,
  ...facts,
})
const link = (tokenHash: string, facts: Partial<LinkRecord> = {}): LinkRecord => ({
  tokenHash,
  kind: 'invitation',
  accountId: 'ada',
  expiresAt: NOON + 60,
  ...facts,
})

/**
 * What every store of accounts promises.
 * @param open An empty store, as two gates see it.
 */
export function accountStoreContract(name: string, open: () => [AccountStore, AccountStore]): void {
  const test = (title: string, run: () => Promise<void>) => it(`${name}: ${title}`, run)

  test('finds an account by id and by name, whoever made it, and takes each name once', async () => {
    const [store, other] = open()
    const ada = account('ada', { password: '$argon2id$', isAdmin: true })

    assert.equal(await store.insert(ada), true)
    assert.deepEqual(await other.find('ada'), ada)
    assert.deepEqual(await other.findByName('ADA'), ada)
    assert.equal(await other.insert(account('x', { name: 'Ada' })), false)
    assert.equal(await other.find('x'), undefined)
    assert.equal(await store.count(), 1)
  })

  test('makes one first account, of all who try at once', async () => {
    const [store, other] = open()
    const made = await Promise.all(
      ['a', 'b', 'c', 'd'].map((id, index) => (index % 2 === 0 ? store : other).insertFirst(account(id))),
    )

    assert.equal(made.filter(Boolean).length, 1)
    assert.equal((await store.list()).length, 1)
  })

  test('keeps what becomes of an account', async () => {
    const [store, other] = open()
    await store.insert(account('ada'))
    assert.equal(await store.setPassword('ada', 'new'), true)
    assert.equal(await store.setDisabled('ada', NOON + 1), true)
    await store.noteSignIn('ada', NOON + 2)

    const kept = account('ada', { password: 'new', disabledAt: NOON + 1, lastSignInAt: NOON + 2 })
    assert.deepEqual(await other.find('ada'), kept)
    assert.equal(await other.setDisabled('ada', undefined), true)
    assert.equal((await store.find('ada'))?.disabledAt, undefined)
    assert.equal(await store.setPassword('nobody', 'new'), false)
    assert.equal(await store.changePassword('ada', 'newer', 'old'), false)
    assert.equal((await store.find('ada'))?.password, 'new')
    assert.equal(await store.changePassword('ada', 'newer', 'new'), true)
    assert.equal((await store.find('ada'))?.password, 'newer')
    assert.equal(await store.setDisabled('nobody', NOON), false)
  })

  test('gives a link to one of all who take it, and to nobody after its end', async () => {
    const [store, other] = open()
    await store.putLink(link('t1'))
    await store.putLink(link('late', { kind: 'reset' }))
    assert.deepEqual(await other.findLink('t1', NOON), link('t1'))
    assert.equal(await store.findLink('late', NOON + 60), undefined)
    assert.equal(await store.takeLink('late', NOON + 60), undefined)

    const taken = await Promise.all([store, other, store, other].map((each) => each.takeLink('t1', NOON)))
    assert.equal(taken.filter((each) => each !== undefined).length, 1)
    assert.equal(await store.findLink('t1', NOON), undefined)
  })

  test('keeps one link of a kind for an account, and one for the first account', async () => {
    const [store] = open()
    for (const tokenHash of ['i1', 'i2']) await store.putLink(link(tokenHash))
    await store.putLink(link('r1', { kind: 'reset' }))
    await store.putLink(link('eve', { accountId: 'eve' }))
    for (const tokenHash of ['s1', 's2']) await store.putLink({ tokenHash, kind: 'setup', expiresAt: NOON + 60 })
    const found = async (): Promise<string[]> => {
      const all = await Promise.all(['i1', 'i2', 'r1', 'eve', 's1', 's2'].map((each) => store.findLink(each, NOON)))
      return all.flatMap((each) => (each === undefined ? [] : [each.tokenHash]))
    }

    assert.deepEqual(await found(), ['i2', 'r1', 'eve', 's2'])
    await store.removeLinksOf('ada')
    assert.deepEqual(await found(), ['eve', 's2'])
    await store.removeLinks('setup')
    assert.deepEqual(await found(), ['eve'])
    assert.equal(await store.pruneLinks(NOON + 60), 1)
  })
}
