import type { Engine, Resource } from '../engine/index.ts'
import type { Handler } from '../web/index.ts'
import { metadataPaths, readKeys, readMetadata } from './metadata.ts'
import { Statics } from './statics.ts'

/** The issuer's metadata and key set, as bytes until they change. */
export class Publication {
  private readonly statics = new Statics()
  private readonly engine: Engine
  private readonly issuer: string
  private readonly resources: readonly Resource[]
  private readonly further: (routes: Engine['routes']) => Readonly<Record<string, unknown>>
  private keys = ''

  /** @param further Members of the metadata that the engine does not know of. */
  constructor(
    engine: Engine,
    issuer: string,
    resources: readonly Resource[],
    further: (routes: Engine['routes']) => Readonly<Record<string, unknown>>,
  ) {
    this.engine = engine
    this.issuer = issuer
    this.resources = resources
    this.further = further
  }

  get handler(): Handler {
    return this.statics.handler
  }

  /** The public halves of the signing keys: a JWK set (RFC 7517 §5). */
  get keySet(): string {
    return this.keys
  }

  has(path: string): boolean {
    return this.statics.has(path)
  }

  /** Reads both anew: to be called when the engine has other keys. */
  async renew(): Promise<void> {
    const { engine, issuer, resources, statics } = this
    const keys = await readKeys(engine)
    const metadata = await readMetadata(engine, resources)
    statics.put([engine.routes.jwks], keys)
    statics.put(metadataPaths(issuer), { ...metadata, ...this.further(engine.routes) })
    this.keys = JSON.stringify(keys)
  }
}
