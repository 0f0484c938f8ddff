/**
 * The guard with access tokens of an issuer that it asks for its keys.
 *
 *   node bench/guard/ways/tokens.ts MATERIAL_FILE TOKENS_FILE
 */
import { guard, oauth } from '@portcullis/auth'
import { serveChecks } from '../serve.ts'
import { readCredentials, readMaterial, wrongTokens } from '../tokens.ts'
import { checkerOf } from './gate.ts'

const [materialFile, tokensFile] = process.argv.slice(2)
const material = readMaterial(materialFile)
const { resource, issuer } = material
const gate = guard({ resource, access: [oauth({ issuer })] })
serveChecks(checkerOf(gate), readCredentials(tokensFile), wrongTokens(material))
