import { fastify, mcpFastify } from './hosts/fastify.ts'
import { suite } from './suite/index.ts'

for (const host of [fastify, mcpFastify]) suite(host)
