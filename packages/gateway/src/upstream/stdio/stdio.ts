import type { Upstream } from '../upstream.ts'
import { Children } from './children.ts'
import { EraMemory } from './era.ts'
import { ModernChildren } from './modern-children.ts'
import { type StdioOptions, settle } from './options.ts'
import { Principals } from './principals.ts'
import { Sessions } from './sessions.ts'

/**
 * An MCP server that speaks over stdin and stdout, with the manners of one that speaks Streamable HTTP. Nothing is
 * started until somebody asks.
 *
 * @throws {TypeError} when an option is out of bounds. That a command does not exist is told to whoever asks.
 */
export function createStdioUpstream(options: StdioOptions): Upstream {
  const settings = settle(options)
  const memory = new EraMemory(settings.now)
  const children = new Children(settings, () => memory.forget())
  const sessions = new Sessions(settings, children)
  const principals = new Principals(settings, new ModernChildren(settings, children, memory))
  return {
    send: (call, answer) => (call.era === 'legacy' ? sessions : principals).send(call, answer),
    async close() {
      sessions.close()
      await children.close()
    },
  }
}
