import { checkDoor, clientV1, clientV2, clientV2Modern, keyFor } from '../clients/index.ts'
import { app, gate, store } from './server.ts'

const origin = await app.listen({ host: '127.0.0.1', port: 0 })
await checkDoor(`${origin}/mcp`, await keyFor(store, gate), [clientV1, clientV2, clientV2Modern])
app.server.closeAllConnections()
await app.close()
