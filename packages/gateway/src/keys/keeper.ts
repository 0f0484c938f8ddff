import { beginRotation, completeRotation, dueAt } from '@portcullis/auth/keys'
import type { CredentialRecord, CredentialStore } from '@portcullis/auth/store'
import type { KeySettings } from '../config/index.ts'
import type { Log } from '../log/index.ts'
import type { Recorder } from '../record/index.ts'
import { deliver } from './deliver.ts'

export interface KeeperOptions {
  readonly credentials: CredentialStore
  readonly settings: KeySettings
  readonly recorder: Pick<Recorder, 'operation'>
  readonly log: Log
  /** Seconds since the epoch. */
  readonly now: () => number
}

const PAGE = 500

/**
 * Looks at every credential that is near its age limit: reminds before the limit, and rotates those that have a
 * delivery in the last third of their life at the earliest. Any number of gates may keep one store: each reminder is
 * sent once, each key rotated once, by whoever claims it.
 */
export async function keepKeys(options: KeeperOptions): Promise<void> {
  const { maxAgeSeconds, remindBeforeSeconds, rotateBeforeSeconds } = options.settings
  const horizon = Math.max(rotateBeforeSeconds, ...remindBeforeSeconds)
  const createdBy = options.now() + horizon - maxAgeSeconds
  const expiresBy = options.now() + horizon
  let after = ''
  for (;;) {
    const page = await options.credentials.due({ createdBy, expiresBy, after, limit: PAGE })
    for (const record of page) await keep(record, options)
    if (page.length < PAGE) return
    after = (page[page.length - 1] as CredentialRecord).id
    // Calls go first: however many there are, they are looked at in short turns.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function keep(record: CredentialRecord, options: KeeperOptions): Promise<void> {
  const { settings, now } = options
  const due = dueAt(record, settings.maxAgeSeconds, now())
  if (due === undefined) return
  const left = due - now()
  const lifetime = due - record.createdAt
  const delivery = record.delivery === undefined ? undefined : settings.deliveries.get(record.delivery)
  // A key that lives for a day would otherwise be too old from its first hour on.
  const rotateBefore = Math.min(settings.rotateBeforeSeconds, lifetime / 3)
  if (delivery !== undefined && left <= rotateBefore) return handOver(record, options)
  // The nearest threshold that has been passed: a gate that slept sends one reminder, not all it missed.
  const passed = settings.remindBeforeSeconds.filter((before) => left <= before && before < lifetime)
  const nearest = passed[passed.length - 1]
  if (nearest !== undefined) await remind(record, nearest, left, options)
}

async function remind(record: CredentialRecord, before: number, left: number, options: KeeperOptions): Promise<void> {
  const { credentials, recorder, log, now } = options
  if (!(await credentials.claim(record.id, `reminded ${before}`, now()))) return
  const { id, clientId, server, name } = record
  const days = Math.max(0, Math.ceil(left / 86_400))
  const detail = left > 0 ? `due in ${days} day${days === 1 ? '' : 's'}` : 'overdue'
  recorder.operation({ type: 'key.rotation_due', actor: 'gate', credentialId: id, clientId, server, detail })
  log.warn({ credential: id, client: clientId, server, name, detail }, 'a key is due for rotation')
}

/**
 * Makes a successor, hands it over, and only then ends the old key. One that was not taken is withdrawn, and the old one
 * goes on: better an old key than a client without one. It is tried again at the next round, as it is when the gate
 * dies in the middle.
 */
async function handOver(record: CredentialRecord, options: KeeperOptions): Promise<void> {
  const { credentials, settings, recorder, log, now } = options
  const delivery = settings.deliveries.get(record.delivery as string)
  const release = await claimRotation(credentials, record.id, now())
  if (delivery === undefined || release === undefined) return
  const { id, clientId, server, name } = record
  const facts = { actor: 'gate', credentialId: id, clientId, server } as const
  try {
    const rotation = await beginRotation(credentials, id, now())
    if (rotation.kind !== 'begun') return
    for (const left of rotation.withdrawn) {
      recorder.operation({ ...facts, credentialId: left, type: 'key.revoked', detail: 'its rotation was broken off' })
    }
    const { secret, record: successor } = rotation.issued
    try {
      await deliver(delivery, { key: secret, id: successor.id, clientId, server, name })
    } catch (error) {
      await credentials.revoke(successor.id, now())
      recorder.operation({ ...facts, type: 'key.delivery_failed', detail: record.delivery })
      log.error({ ...facts, delivery: record.delivery, err: error }, 'a rotated key was not taken; the old one stays')
      return
    }
    recorder.operation({ ...facts, credentialId: successor.id, type: 'key.delivered', detail: record.delivery })
    const outcome = await completeRotation(credentials, id, successor.id, settings.overlapSeconds, now())
    if (outcome === 'rotated' || outcome === 'expired') {
      recorder.operation({ ...facts, type: 'key.rotated', detail: `by ${successor.id}` })
      log.info({ ...facts, successor: successor.id, delivery: record.delivery }, 'a key was rotated and delivered')
    } else {
      const facts = { credential: id, successor: successor.id, outcome }
      log.warn(facts, 'a key was changed by somebody else while its successor was handed over')
    }
  } finally {
    await release()
  }
}

/** Longer than any delivery takes; seconds. */
const CLAIM_SECONDS = 300

/**
 * By its number of five minutes, and by the one before, since whoever began in that may be at it still. A gate that dies
 * in the middle so keeps the others off for ten minutes at most.
 * @returns withdraws the claim; undefined when somebody else has it.
 */
async function claimRotation(
  credentials: CredentialStore,
  id: string,
  now: number,
): Promise<(() => Promise<void>) | undefined> {
  const number = Math.floor(now / CLAIM_SECONDS)
  const claimed: string[] = []
  const release = async (): Promise<void> => {
    for (const mark of claimed) await credentials.release(id, mark)
  }
  for (const mark of [`rotating ${number - 1}`, `rotating ${number}`]) {
    if (await credentials.claim(id, mark, now)) claimed.push(mark)
    else {
      await release()
      return undefined
    }
  }
  return release
}
