import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { IssuerEvent, Operator } from '@portcullis/issuer'
import type { Settings } from '../config/index.ts'
import { needsIssuer, operationOf } from '../oauth/index.ts'
import { readSealingKey } from '../state/index.ts'
import { type Context, Failure, UsageError } from './command.ts'
import { withStores } from './credentials.ts'
import { recordOperation } from './operation.ts'

/**
 * Runs work on what the issuer of a configuration keeps: accounts, clients, grants, keys. Running gates notice what it
 * changes. @throws {Failure} when nobody signs in by this configuration, or the state cannot be used.
 */
export async function withOperator(settings: Settings, work: (operator: Operator) => Promise<void>): Promise<0> {
  if (!needsIssuer(settings)) {
    throw new Failure(
      'nobody signs in by this configuration: no server has `oauth` in its `access` with the issuer `embedded`',
    )
  }
  const { openOperator } = await import('@portcullis/issuer')
  const { accessTokenSeconds, signingAlgorithm } = settings.oauth
  await withStores(settings, ({ issuer }) =>
    work(
      openOperator({
        stores: issuer,
        sealingKey: readSealingKey(settings.sealingKey, process.env),
        accessTokenSeconds,
        algorithm: signingAlgorithm,
        onEvent: (event: IssuerEvent) => recordOperation(settings, operationOf(event)),
      }),
    ),
  )
  return 0
}

export const PASSWORD_OPTIONS = {
  'password-file': { type: 'string', value: 'FILE', help: 'take the password from the first line of a file' },
  'password-stdin': { type: 'boolean', help: 'take the password from the first line of standard input' },
} as const

/** The password that was given, never as an argument: others may see those. Undefined when none was. */
export async function readPassword(
  values: { readonly 'password-file': string | undefined; readonly 'password-stdin': boolean | undefined },
  stdin: Context['stdin'],
): Promise<string | undefined> {
  const file = values['password-file']
  if (file !== undefined && values['password-stdin']) {
    throw new UsageError('--password-file and --password-stdin exclude each other')
  }
  if (file === undefined && !values['password-stdin']) return undefined
  const whole = file === undefined ? await text(stdin) : readText(file)
  const [line = ''] = whole.split(/\r?\n/)
  return line
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Failure(`--password-file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`)
  }
}

/** When something was or will be, for `--json`. */
export function isoOf(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString()
}
