import * as z from 'zod/mini'
import { isLoopbackHost, type Parsed } from './addresses.ts'
import { choice, documented, duration, list, mapOf, parsed, text } from './fields.ts'

/** What servers call the issuer inside the gate. */
export const EMBEDDED = 'embedded'
const ISSUER_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

export function faultOfIssuerName(name: string): string | undefined {
  if (name === EMBEDDED) return 'is the name of the issuer inside the gate; choose another name'
  return ISSUER_NAME.test(name)
    ? undefined
    : 'is not an issuer name: 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen'
}

/** Kept as it was written: issuers are compared to the letter. */
function parseIssuerUrl(value: string): Parsed<string> {
  if (!URL.canParse(value)) return { fault: 'must be a URL such as https://login.example.com' }
  const { protocol, hostname, username, password } = new URL(value)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname))) {
    return { fault: 'must use https; http is for addresses of this machine only' }
  }
  if (username !== '' || password !== '') return { fault: 'must not hold a user name or password' }
  return /[?#]/.test(value) ? { fault: 'must not have a query or a fragment' } : { ok: value }
}

const url = () => parsed('a URL', parseIssuerUrl)
const texts = (example: string) => list(text(), example, { least: 1 })
const host = () => text()

const claims = z.strictObject(
  {
    scopes: documented(z.optional(text()), 'Default: `scope`, else `scp`, else `permissions`.'),
    roles: documented(z.optional(text()), 'Default: `roles`.'),
    tenant: documented(z.optional(text()), 'Default: none; when set, tokens must have it.'),
    tools: documented(z.optional(text()), 'Default: `tools`.'),
    clientId: documented(z.optional(text()), 'Default: `client_id`, else `azp`, else the subject.'),
    subject: documented(z.optional(text()), 'Default: `sub`.'),
  },
  { error: 'must be a map of claim names, such as { roles: realm_access.roles }' },
)

const introspection = z.strictObject(
  {
    clientId: documented(text(), 'Who the gate is at the issuer.'),
    clientSecret: documented(text(), 'Its secret there.'),
    method: documented(
      z.optional(choice(['client_secret_basic', 'client_secret_post'], 'How the secret is shown.')),
      'How the secret is shown: `client_secret_basic` (the default) or `client_secret_post`.',
    ),
    endpoint: documented(z.optional(url()), "Where to ask. Default: what the issuer's metadata says."),
    takes: documented(
      z.optional(choice(['opaque', 'all'], 'Which tokens it is asked about.')),
      'Which tokens it is asked about: `opaque` (the default), those that are no JWTs, or `all`.',
    ),
    maxAge: documented(
      z.optional(duration('0s', '1h', 'How old an answer may be: the delay with which a revocation holds.')),
      'How old an answer may be: the delay with which a revocation holds. Default: each request asks. From 0s to 1h.',
    ),
  },
  { error: 'must be a map with `clientId` and `clientSecret`' },
)

const KINDS = ['issuer', 'auth0', 'okta', 'entra', 'keycloak', 'sharedSecret'] as const

export const ISSUER_SHAPE = z
  .strictObject(
    {
      issuer: documented(
        z.optional(url()),
        'Its identifier, as its metadata and its tokens have it, to the letter. Beside `sharedSecret`: what tokens have as `iss`.',
      ),
      auth0: documented(
        z.optional(
          z.strictObject(
            { domain: documented(host(), 'Of the tenant: example.eu.auth0.com.') },
            { error: 'must be a map with `domain`' },
          ),
        ),
        'A tenant of Auth0.',
      ),
      okta: documented(
        z.optional(
          z.strictObject(
            {
              domain: documented(host(), 'example.okta.com, or a custom domain.'),
              authorizationServer: documented(
                z.optional(text()),
                'The id of a custom authorization server. Default: `default`.',
              ),
            },
            { error: 'must be a map with `domain`' },
          ),
        ),
        'A custom authorization server at Okta.',
      ),
      entra: documented(
        z.optional(
          z.strictObject(
            {
              tenantId: documented(text(), 'The directory (tenant) id: a GUID.'),
              host: documented(z.optional(host()), 'Of another cloud. Default: login.microsoftonline.com.'),
            },
            { error: 'must be a map with `tenantId`' },
          ),
        ),
        'A tenant of Microsoft Entra ID.',
      ),
      keycloak: documented(
        z.optional(
          z.strictObject(
            {
              url: documented(url(), 'Where Keycloak is.'),
              realm: documented(text(), 'A realm of it.'),
            },
            { error: 'must be a map with `url` and `realm`' },
          ),
        ),
        'A realm of Keycloak.',
      ),
      sharedSecret: documented(
        z.optional(text()),
        'A secret of at least 32 random bytes that tokens are signed with (HS256), for the access mode `jwt`.',
      ),
      audience: documented(
        z.optional(texts('["https://api.example.com"]')),
        'What the issuer calls the resource; one of these must be in a token. Default: the URL of the server.',
      ),
      claims: documented(z.optional(claims), 'Which claims say what: names, or paths such as `realm_access.roles`.'),
      scopePrefix: documented(z.optional(text()), 'What stands before scopes at the issuer, such as `api://notes/`.'),
      defaultScopes: documented(
        z.optional(texts('["mcp:read"]')),
        'Scopes of a token that says nothing of scopes. Default: none.',
      ),
      clients: documented(z.optional(texts('[dashboard]')), 'Only tokens of these clients. Default: of all.'),
      requires: documented(
        z.optional(mapOf(text(), (name) => (name === '' ? 'must name a claim' : undefined), '{ org: "acme" }')),
        'Claims that must have just this value.',
      ),
      algorithms: documented(
        z.optional(
          list(
            choice(['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'], 'How tokens may be signed.'),
            '[RS256]',
            { least: 1 },
          ),
        ),
        'How tokens may be signed. Default: all of these.',
      ),
      types: documented(
        z.optional(texts('[at+jwt, JWT]')),
        'What tokens may say they are (`typ`); `none` for those that do not say. Default: at+jwt and JWT.',
      ),
      tolerates: documented(
        z.optional(list(choice(['nonce', 'client_audience'], 'A sign of ID tokens.'), '[nonce]', { least: 1 })),
        'Signs of an ID token that access tokens of this issuer have, too.',
      ),
      jwksUri: documented(z.optional(url()), "Where its keys are. Default: what the issuer's metadata says."),
      introspection: documented(z.optional(introspection), 'Ask the issuer about tokens (RFC 7662).'),
    },
    { error: 'must be a map with `issuer`, or one of `auth0`, `okta`, `entra`, `keycloak`, `sharedSecret`' },
  )
  .check(
    z.refine(
      (held) => {
        const kinds = KINDS.filter((kind) => held[kind] !== undefined)
        return kinds.length === 1 || (kinds.length === 2 && kinds.join() === 'issuer,sharedSecret')
      },
      { error: 'must hold one of `issuer`, `auth0`, `okta`, `entra`, `keycloak` and `sharedSecret`' },
    ),
  )

export type ParsedIssuer = z.output<typeof ISSUER_SHAPE>

/** Identity providers, by name. */
export const ISSUERS = documented(
  z.prefault(mapOf(ISSUER_SHAPE, faultOfIssuerName, '{ company: { issuer: https://login.example.com } }'), {}),
  'Identity providers whose tokens count beside those of the issuer inside the gate, by name.',
)
