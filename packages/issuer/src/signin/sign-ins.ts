import type { AccountRecord } from '@portcullis/auth/store'
import type { OnIssuerEvent } from '../events.ts'
import { BusyError, canonicalName, type People } from '../people/index.ts'
import { type CookieKind, networkOf, readCookie, type Visit, writeCookie } from '../web/index.ts'
import { DEVICE_SECONDS, Devices } from './devices.ts'
import { Throttle } from './throttle.ts'

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
    const name = canonicalName(typed)
    const network = networkOf(visit.peer)
    const device = this.devices.find(readCookie(visit, deviceCookie), name)
    const attempted = { name, network, ...(device === undefined ? {} : { device }) }
    const seconds = this.throttle.waitOf(attempted)
    if (seconds > 0) return this.fail(name, { kind: 'wait', seconds })
    this.throttle.attempted(attempted)
    const account = await this.recognize(name, password, network)
    if (account === 'busy') {
      this.throttle.undo(attempted)
      return { kind: 'busy' }
    }
    if (account === undefined) return this.fail(name, { kind: 'wrong' })
    this.throttle.succeeded(attempted)
    await people.noteSignIn(account.id)
    onEvent({ type: 'account.signed_in', accountId: account.id, actor: 'person' })
    const cookies = device === undefined ? [writeCookie(deviceCookie, this.devices.mark(name), DEVICE_SECONDS)] : []
    return { kind: 'recognized', account, cookies }
  }

  private async recognize(name: string, password: string, network: string) {
    try {
      return await this.needs.people.recognize(name, password, network)
    } catch (error) {
      if (error instanceof BusyError) return 'busy' as const
      throw error
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
