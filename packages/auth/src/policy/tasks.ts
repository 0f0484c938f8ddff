/**
 * Which tasks belong to whom. An upstream sees one caller, the gate; only the gate can keep one principal's tasks from
 * another's (MCP 2025-11-25, Task Isolation and Access Control; SEP-2663, Security Implications).
 *
 * In memory and bounded: a task that was forgotten, or made before the gate started, is nobody's and cannot be reached.
 */
export class TaskLedger {
  readonly #owners = new Map<string, string>()
  readonly #tasks = new Map<string, Owned>()
  readonly #limit: number
  readonly #maxCharacters: number

  /**
   * @param limit Tasks of one principal that are remembered; beyond, its own oldest is forgotten. The same goes for
   *   the text of their ids, of which as much is kept as that many ids of 256 characters take.
   */
  constructor(limit = 1000) {
    this.#limit = limit
    this.#maxCharacters = Math.max(limit * ID_CHARACTERS, MAX_NAME)
  }

  /** The first owner stays: an id that an upstream hands out twice must not change hands. */
  note(server: string, taskId: string, principalKey: string): void {
    const key = keyOf(server, taskId)
    // Ids are kept whole: on some runtimes a digest would have to be waited for, and anything else that stands in for
    // an id could be another's as well. How long an id is, is the server's choice; one beyond all sense is nobody's.
    if (key.length > MAX_NAME || this.#owners.has(key)) return
    // Whoever comes back is the newest: those that have stayed away for longest give way.
    const own = this.#tasks.get(principalKey) ?? { keys: new Set(), characters: 0 }
    this.#tasks.delete(principalKey)
    if (this.#tasks.size >= MAX_PRINCIPALS) this.#forget(this.#tasks.entries().next().value as [string, Owned])
    this.#tasks.set(principalKey, own)
    while (own.keys.size >= this.#limit || own.characters + key.length > this.#maxCharacters) this.#forgetOldest(own)
    own.keys.add(key)
    own.characters += key.length
    this.#owners.set(key, principalKey)
  }

  isOwn(server: string, taskId: string, principalKey: string): boolean {
    return this.#owners.get(keyOf(server, taskId)) === principalKey
  }

  #forgetOldest(own: Owned): void {
    const oldest = own.keys.values().next().value as string
    own.keys.delete(oldest)
    own.characters -= oldest.length
    this.#owners.delete(oldest)
  }

  #forget([principalKey, { keys }]: [string, Owned]): void {
    this.#tasks.delete(principalKey)
    for (const key of keys) this.#owners.delete(key)
  }
}

/** The tasks of one principal, oldest first, and how long their names are together, in UTF-16 units. */
interface Owned {
  readonly keys: Set<string>
  characters: number
}

/** Principals whose tasks are remembered. */
const MAX_PRINCIPALS = 1000

/** What a task's name may take of its principal's room, on average. In UTF-16 units. */
const ID_CHARACTERS = 256
/** The longest name that is kept. V8 tells texts twice as long apart by their length alone before it compares them. */
const MAX_NAME = 8192

/** Names of servers hold no spaces. */
function keyOf(server: string, taskId: string): string {
  return `${server} ${taskId}`
}
