import { express4Parsed, express5, mcpExpress } from './hosts/express.ts'
import { suite } from './suite/index.ts'

for (const host of [express5, express4Parsed, mcpExpress]) suite(host)
