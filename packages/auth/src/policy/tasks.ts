import { digestOf } from '../crypto/index.ts'

/**
 * Which tasks belong to whom. An upstream sees one caller, the gate; only the gate can keep one principal's tasks from
 * another's (MCP 2025-11-25, Task Isolation and Access Control; SEP-2663, Security Implications).
 *
 * In memory and bounded: a task that was forgotten, or made before the gate started, is nobody's and cannot be reached.
 */
export class TaskLedger {
  private readonly owners = new Map<string, string>()
  private readonly tasks = new Map<string, Set<string>>()
  private readonly limit: number

  /** @param limit Tasks of one principal that are remembered; beyond, its own oldest is forgotten. */
  constructor(limit = 1000) {
    this.limit = limit
  }

  /** The first owner stays: an id that an upstream hands out twice must not change hands. */
  note(server: string, taskId: string, principalKey: string): void {
    const key = keyOf(server, taskId)
    if (this.owners.has(key)) return
    // Whoever comes back is the newest: those that have stayed away for longest give way.
    const own = this.tasks.get(principalKey) ?? new Set()
    this.tasks.delete(principalKey)
    if (this.tasks.size >= MAX_PRINCIPALS) this.forget(this.tasks.entries().next().value as [string, Set<string>])
    this.tasks.set(principalKey, own)
    if (own.size >= this.limit) {
      const oldest = own.values().next().value as string
      own.delete(oldest)
      this.owners.delete(oldest)
    }
    own.add(key)
    this.owners.set(key, principalKey)
  }

  isOwn(server: string, taskId: string, principalKey: string): boolean {
    return this.owners.get(keyOf(server, taskId)) === principalKey
  }

  private forget([principalKey, keys]: [string, Set<string>]): void {
    this.tasks.delete(principalKey)
    for (const key of keys) this.owners.delete(key)
  }
}

/** Principals whose tasks are remembered. */
const MAX_PRINCIPALS = 1000

/** Longer ids are kept as their digest: how long they are is the server's choice. In UTF-16 units. */
const MAX_ID = 256

function keyOf(server: string, taskId: string): string {
  if (taskId.length <= MAX_ID) return `${server} ${taskId}`
  // Names of servers hold no spaces, so this is no key of a short id.
  return `${server}\n${String.fromCharCode(...digestOf(taskId))}`
}
