import { createServer } from 'node:http'
import * as v2 from '@modelcontextprotocol/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import express from 'express'
import { portcullisVerifier } from '../../../src/adapters/mcp/index.ts'
import { type Host, listen } from './stage.ts'
import { answerV1 } from './tools-v1.ts'
import { handlerV2 } from './tools-v2.ts'

/** Behind the SDK's own guard: the adapters are not there. */
export const verifiedV1: Host = {
  name: 'requireBearerAuth of the SDK v1',
  start(stage) {
    const verifier = portcullisVerifier(stage.gate, (text) => new InvalidTokenError(text))
    const expectedResource = new URL(stage.gate.resource)
    const app = express()
    app.all('/mcp', requireBearerAuth({ verifier, expectedResource }), (request, response) =>
      answerV1(stage, [request, response, request.body]),
    )
    return listen(createServer(app))
  },
}

export const verifiedV2: Host = {
  name: 'requireBearerAuth of the SDK v2',
  start(stage) {
    const verifier = portcullisVerifier(stage.gate, (text) => new OAuthError(OAuthErrorCode.InvalidToken, text))
    const expectedResource = new URL(stage.gate.resource)
    const handler = toNodeHandler(handlerV2(stage))
    const app = express()
    app.all('/mcp', v2.requireBearerAuth({ verifier, expectedResource }), (request, response) =>
      handler(request, response, request.body),
    )
    return listen(createServer(app))
  },
}
