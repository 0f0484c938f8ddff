/** A reference to the environment inside a value: `${env:NAME}`. */
const ENV = /\$\{env:([^}]*)\}?/g
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** As in `Bearer secret:github_token`; a word that merely ends in `secret` before its colon is none. */
const SECRET = /(?:^|[\s=])secret:[A-Za-z0-9_]/

// biome-ignore lint/suspicious/noTemplateCurlyInString: these characters are what is to be shown
export const REFERENCE_FORM = '${env:NAME}'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Puts the values of environment variables where a text refers to them. Each is put in as it is: what stands inside
 * a variable is not looked at for further references, and cannot change the shape of the file.
 *
 * @param report Called for each reference that leads nowhere. Names the variable, never a value.
 * @param reportUnset Called instead where nothing is wrong but that the variable holds nothing.
 */
export function resolveReferences(
  text: string,
  env: Environment,
  report: (message: string) => void,
  reportUnset = report,
): string {
  if (SECRET.test(text)) report(`secrets are not available yet; use ${REFERENCE_FORM}`)
  return text.replace(ENV, (reference, name: string) => {
    if (!reference.endsWith('}') || !ENV_NAME.test(name)) {
      report(`has an unfinished reference to the environment; write ${REFERENCE_FORM}`)
      return ''
    }
    // `in` would find what every object inherits, such as `constructor`.
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    // An empty variable is a forgotten one: `Bearer ` with nothing behind it should not reach an upstream.
    if (!value) reportUnset(`the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}`)
    return value ?? ''
  })
}
