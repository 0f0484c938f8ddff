import { createServer } from 'node:http'
import { checkDoor, clientV1, clientV2, clientV2Modern, keyFor, listen } from '../clients/index.ts'
import { app, gate, store } from './server.ts'

const { origin, close } = await listen(createServer(app))
await checkDoor(`${origin}/mcp`, await keyFor(store, gate), [clientV1, clientV2, clientV2Modern])
close()
