import { nodeV1, nodeV2 } from './hosts/node.ts'
import { suite } from './suite/index.ts'

for (const host of [nodeV1, nodeV2]) suite(host)
