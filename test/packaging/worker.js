import { protectFetch } from '@portcullis/auth/fetch'
import { facts, gate } from './facts.js'

const notes = protectFetch(gate, (_request, { authInfo }) => Response.json(authInfo.clientId))

export default {
  fetch: async (request) =>
    new URL(request.url).pathname === '/facts' ? Response.json(await facts()) : notes(request),
}
