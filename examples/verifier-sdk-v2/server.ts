import { createMcpExpressApp, requireBearerAuth } from '@modelcontextprotocol/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { guardTools, portcullisVerifier } from '@portcullis/auth/mcp'
import { memoryCredentials } from '@portcullis/auth/store'

export const store = memoryCredentials()
export const gate = guard({ resource: 'http://127.0.0.1:3000/mcp', access: [apiKeys(store)] })
const verifier = portcullisVerifier(gate, (text) => new OAuthError(OAuthErrorCode.InvalidToken, text))

const mcp = toNodeHandler(
  createMcpHandler(() => {
    const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }), gate)
    server.registerTool('whoami', {}, (context) => ({
      content: [{ type: 'text', text: principalOf(context)?.subject ?? 'nobody' }],
    }))
    return server
  }),
)

export const app = createMcpExpressApp()
app.all('/mcp', requireBearerAuth({ verifier }), (req, res) => mcp(req, res, req.body))
