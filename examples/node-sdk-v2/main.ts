import { checkDoor, clientV1, clientV2, clientV2Modern, keyFor, listen } from '../clients/index.ts'
import { gate, server, store } from './server.ts'

const { origin, close } = await listen(server)
await checkDoor(`${origin}/mcp`, await keyFor(store, gate), [clientV1, clientV2, clientV2Modern])
close()
