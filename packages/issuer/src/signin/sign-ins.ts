import type { AccountRecord } from '@portcullis/auth/store'
import type { OnIssuerEvent } from '../events.ts'
import { BusyError, canonicalName, faultOfName, type People } from '../people/index.ts'
import { type CookieKind, networksOf, readCookie, type Visit, writeCookie } from '../web/index.ts'
import { DEVICE_SECONDS, Devices } from './devices.ts'
import { type Attempted, Throttle } from './throttle.ts'

export type Attempt =
  /** @param cookies Values for `set-cookie`. */
  | { readonly kind: 'recognized'; readonly account: AccountRecord; readonly cookies: readonly string[] }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'busy' }

export interface SignInsNeeds {
  readonly people: People
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly deviceCookie: CookieKind
  readonly now: () => number
  readonly onEvent: OnIssuerEvent
}

/** How many failures are told of in one minute; the others are counted. */
const TOLD_PER_MINUTE = 20

/** What counts as typed where it can be nobody's name: all such are one, and none is kept. */
const NO_NAME = ''

/** Checks who somebody is, no more often than they may try. */
export class SignIns {
  private readonly needs: SignInsNeeds
  private readonly throttle: Throttle
  private readonly devices: Devices
  private told = { since: 0, count: 0, untold: 0 }

  constructor(needs: SignInsNeeds) {
    this.needs = needs
    this.throttle = new Throttle(needs.now)
    this.devices = new Devices(needs.key, needs.now)
  }

  /** A wrong password, an unknown name and an account that may not sign in are all `wrong`, after the same time. */
  async attempt(visit: Visit, typed: string, password: string): Promise<Attempt> {
    const { people, deviceCookie, onEvent } = this.needs
    const name = faultOfName(typed) === undefined ? canonicalName(typed) : NO_NAME
    const networks = networksOf(visit.peer)
    const device = this.devices.find(readCookie(visit, deviceCookie), name)
    const attempted = { name, networks, ...(device === undefined ? {} : { device }) }
    const seconds = this.throttle.waitOf(attempted)
    if (seconds > 0) return this.fail(name, { kind: 'wait', seconds })
    const account = await this.recognize(attempted, password)
    if (account === 'busy') return { kind: 'busy' }
    if (account === undefined) return this.fail(name, { kind: 'wrong' })
    await people.noteSignIn(account.id)
    onEvent({ type: 'account.signed_in', accountId: account.id, actor: 'person' })
    const cookies = device === undefined ? [this.know(name)] : []
    return { kind: 'recognized', account, cookies }
  }

  /** A value for `set-cookie`: this browser is known for a name from now on. */
  know(name: string): string {
    return writeCookie(this.needs.deviceCookie, this.devices.mark(name), DEVICE_SECONDS)
  }

  /** What names the browser, where anybody has signed in with it before. */
  deviceOf(visit: Visit): string | undefined {
    return this.devices.idOf(readCookie(visit, this.needs.deviceCookie))
  }

  /** Counts the try from before the password is checked. */
  private async recognize(attempted: Attempted, password: string): Promise<AccountRecord | 'busy' | undefined> {
    const { name, networks } = attempted
    const begun = this.throttle.begin(attempted)
    let end = begun.undo
    try {
      const asker = begun.isKnown ? name : (networks.at(-1) ?? '')
      const account = await this.needs.people.recognize(name, password, asker, begun.isKnown)
      end = account === undefined ? begun.failed : begun.succeeded
      return account
    } catch (error) {
      if (error instanceof BusyError) return 'busy'
      throw error
    } finally {
      end()
    }
  }

  private async fail<Failed extends Attempt>(name: string, failed: Failed): Promise<Failed> {
    const { now, people, onEvent } = this.needs
    if (now() - this.told.since >= 60) this.told = { ...this.told, since: now(), count: 0 }
    if (this.told.count >= TOLD_PER_MINUTE) {
      this.told.untold += 1
      return failed
    }
    const accountId = (await people.findByName(name))?.id
    onEvent({
      type: 'account.sign_in_failed',
      actor: 'person',
      ...(accountId === undefined ? {} : { accountId }),
      detail: { reason: failed.kind, untold: this.told.untold },
    })
    this.told = { ...this.told, count: this.told.count + 1, untold: 0 }
    return failed
  }
}
