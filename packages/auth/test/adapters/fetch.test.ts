import { plainFetch } from './hosts/fetch.ts'
import { suite } from './suite/index.ts'

suite(plainFetch)
