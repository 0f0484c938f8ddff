/** A gate that starts a child, tells its process id and its helper's, and leaves without closing anything. */
import { INITIALIZE, post } from '../caller.ts'
import { givenServer, pids } from '../upstreams.ts'

const { upstream, log } = givenServer('stubborn.mjs')
const reply = await post(upstream, INITIALIZE).over()
process.stdout.write(`${pids(log)[0]} ${reply.messages[0].result.helper}\n`)
process.exit(0)
