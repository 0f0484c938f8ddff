import { hono, mcpHono } from './hosts/hono.ts'
import { suite } from './suite/index.ts'

for (const host of [hono, mcpHono]) suite(host)
