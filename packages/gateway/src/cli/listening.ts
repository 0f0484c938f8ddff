import { placeOf, type Settings } from '../config/index.ts'

/**
 * Why a gate could not listen, and what to do about it, in one line.
 *
 * @returns undefined when it failed of something else.
 */
export function faultOfListening(error: unknown, settings: Settings): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return undefined
  const { host, port } = settings.listen
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const at = (key: string) => `\`listen.${key}\` (${placeOf(settings.file, ['listen', key])})`
  const otherPort = `choose another port with --port N, or by ${at('port')}`
  switch (code) {
    case 'EADDRINUSE':
      return `${address} is in use by another process (${code}): end that one, or ${otherPort}`
    case 'EACCES':
      return `this user may not listen on ${address} (${code}): ${otherPort}`
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host} (${code}): choose one that it has by ${at('host')}`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no address is known for ${host} (${code}): choose one of this machine by ${at('host')}`
    default:
      return `cannot listen on ${address} (${code}): see ${at('host')}`
  }
}
