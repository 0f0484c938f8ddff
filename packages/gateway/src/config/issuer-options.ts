import {
  auth0,
  entra,
  keycloak,
  okta,
  type RemoteIssuerOptions,
  remoteIssuer,
  type SharedSecretOptions,
  sharedSecretIssuer,
} from '@portcullis/auth/issuers'
import type { IssuerSettings } from './settings.ts'
import type { ParsedIssuer } from './shape-issuers.ts'

/**
 * An issuer as the library takes it.
 * @throws {TypeError} for options that cannot work. Its text begins with the option in quotes, and holds no secret.
 */
export function settleIssuer(name: string, parsed: ParsedIssuer): IssuerSettings {
  const options = optionsOf(parsed)
  const silent = { onWarning: () => {} }
  const { issuer } =
    'secret' in options ? sharedSecretIssuer({ ...options, ...silent }) : remoteIssuer({ ...options, ...silent })
  return { name, identifier: issuer, options }
}

function optionsOf(parsed: ParsedIssuer): IssuerSettings['options'] {
  const { issuer, sharedSecret, audience, types, claims, introspection, ...rest } = parsed
  const { auth0: ofAuth0, okta: ofOkta, entra: ofEntra, keycloak: ofKeycloak, ...others } = rest
  const reading = {
    ...present(others),
    ...(claims && { claims: present(claims) }),
    ...(types && { types: types.map((type) => (type === 'none' ? null : type)) }),
  }
  if (sharedSecret !== undefined) {
    const options: SharedSecretOptions = { ...reading, secret: sharedSecret, audience: needed(audience) }
    return issuer === undefined ? options : { ...options, issuer }
  }
  const more = { ...reading, ...(introspection && { introspection: settleIntrospection(introspection) }) }
  if (ofAuth0) return auth0({ ...more, ...ofAuth0, audience: needed(audience) })
  if (ofOkta) return okta({ ...more, ...present(ofOkta), audience: needed(audience) })
  if (ofEntra) return entra({ ...more, ...present(ofEntra), audience: needed(audience) })
  const named = audience === undefined ? {} : { audience }
  if (ofKeycloak) return keycloak({ ...more, ...ofKeycloak, ...named })
  return { ...more, ...named, issuer: issuer as string }
}

function settleIntrospection({
  maxAge,
  ...rest
}: NonNullable<ParsedIssuer['introspection']>): NonNullable<RemoteIssuerOptions['introspection']> {
  return { ...present(rest), ...(maxAge === undefined ? {} : { maxAge: maxAge / 1000 }) }
}

function needed(audience: readonly string[] | undefined): readonly string[] {
  if (audience !== undefined) return audience
  throw new TypeError('"audience" must say what tokens have as `aud`: what the resource is called there')
}

type Present<Held> = {
  [Key in keyof Held as undefined extends Held[Key] ? never : Key]: Held[Key]
} & {
  [Key in keyof Held as undefined extends Held[Key] ? Key : never]?: Exclude<Held[Key], undefined>
}

/** Without the settings that were not made. */
function present<Held extends object>(held: Held): Present<Held> {
  return Object.fromEntries(Object.entries(held).filter(([, value]) => value !== undefined)) as Present<Held>
}
