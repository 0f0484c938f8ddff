import { Conversation } from '../sessions/index.ts'

/** Conversations of callers whose server keeps no sessions, by server and principal; the longest unused go first. */
export class Lobby {
  private readonly conversations = new Map<string, Conversation>()
  private readonly limit: number

  constructor(limit = 1000) {
    this.limit = limit
  }

  conversation(server: string, principalKey: string): Conversation {
    const key = `${server} ${principalKey}`
    const known = this.conversations.get(key) ?? new Conversation()
    this.conversations.delete(key)
    if (this.conversations.size >= this.limit) {
      this.conversations.delete(this.conversations.keys().next().value as string)
    }
    this.conversations.set(key, known)
    return known
  }
}
