import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { givenDirectory } from './gate.ts'
import { runProgram } from './processes.ts'

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
  /** What a client has to trust. */
  readonly pem: string
}

/** A certificate for this machine that signs itself, made as an operator makes one. */
export async function givenCertificate(): Promise<Certificate> {
  const directory = givenDirectory()
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  const { code, stderr } = await runProgram('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', key, '-out', cert],
  ])
  assert.equal(code, 0, stderr)
  return { cert, key, pem: readFileSync(cert, 'utf8') }
}
