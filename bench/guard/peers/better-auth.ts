/**
 * The guard of better-auth for MCP servers that run apart from it (`createMcpProtectedRequestHandler`): it fetches the
 * key set and keeps it. What it protects answers nothing but whose token it was.
 *
 *   node bench/guard/peers/better-auth.ts MATERIAL_FILE TOKENS_FILE
 */
import { createMcpProtectedRequestHandler } from '@better-auth/mcp'
import { serveChecks } from '../serve.ts'
import { readCredentials, readMaterial, wrongTokens } from '../tokens.ts'

const [materialFile, tokensFile] = process.argv.slice(2)
const material = readMaterial(materialFile)
const { resource: audience, issuer, jwksUri: jwksUrl } = material

/** Stands in for a `Response`, which would cost more than it says; the guard hands it on as it is. */
interface Answer {
  readonly sub?: string
  readonly status?: number
}
const guarded = createMcpProtectedRequestHandler(
  { issuer, audience, jwksUrl, jwtVerifyOptions: { algorithms: ['ES256'] } },
  (_, { sub }) => ({ sub }) as unknown as Response,
) as unknown as (request: Request) => Promise<Answer>

serveChecks(
  {
    prepare: (token) => new Request(audience, { method: 'POST', headers: { authorization: `Bearer ${token}` } }),
    async check(request) {
      const { sub, status } = await guarded(request)
      if (sub === undefined && status !== 401) throw new Error(`answered ${status}`)
      return sub
    },
  },
  readCredentials(tokensFile),
  wrongTokens(material),
)
