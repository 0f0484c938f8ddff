import assert from 'node:assert/strict'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { curl } from './harness/clients.ts'
import { type Config, type Gate, givenConfig, givenDirectory, portcullis, startGate } from './harness/gate.ts'
import { send, Wire } from './harness/http.ts'
import { bearer, initialize, speak, textOf } from './harness/mcp.ts'
import { type Finished, freePort, ROOT, runProgram } from './harness/processes.ts'
import { scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Certificate, givenCertificate } from './harness/tls.ts'
import { Witness } from './servers/witness.ts'

topic('L. Outside: its own TLS', () => {
  let gate: Gate
  let witness: Witness
  let certificate: Certificate
  let key: string

  setUp(async () => {
    ;[witness, certificate] = await Promise.all([Witness.start(), givenCertificate()])
    const { cert, key: file } = certificate
    const port = await freePort()
    gate = await startGate({
      listen: { host: '0.0.0.0', port, tls: { cert, key: file } },
      publicUrl: `https://localhost:${port}`,
      allowedHosts: [`127.0.0.1:${port}`],
      servers: { http: { upstream: { url: witness.url('/streaming') }, access: ['api-key'] } },
    })
    key = (await gate.key('http')).key
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  /** An address that the certificate is made out to. */
  const url = (): string => `https://127.0.0.1:${gate.port}`

  scenario(
    'it serves beyond this machine with a certificate of its own, and says https',
    { for: 'Outside: TLS by own certificate' },
    async () => {
      assert.equal(gate.url, `https://localhost:${gate.port}`)
      const health = await send(`${url()}/healthz`, { method: 'GET', ca: certificate.pem })
      assert.equal(health.status, 200)
      const stranger = await send(`${url()}/http/mcp`, { body: '{}', ca: certificate.pem })
      assert.equal(stranger.status, 401)
    },
  )

  scenario(
    'curl and the Inspector reach a tool with the certificate given, and not without',
    { for: 'Outside: TLS by own certificate; story 2' },
    async () => {
      const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
      const fields = ['-H', `Authorization: Bearer ${key}`, '--json', call]
      const trusted = await curl('-i', '--cacert', certificate.cert, ...fields, `${url()}/http/mcp`)
      const untrusted = await curl('-i', ...fields, `${url()}/http/mcp`)
      assert.match(trusted.stdout, /^HTTP\/1\.1 200 [\s\S]*"name":"echo"/)
      assert.equal(untrusted.stdout, '')
      assert.equal(untrusted.code, 60, 'curl: the certificate is not trusted')

      const inspect = (env: NodeJS.ProcessEnv): Promise<Finished> => {
        const args = ['--cli', `${url()}/http/mcp`, '--transport', 'http']
        const headers = ['--header', `Authorization: Bearer ${key}`]
        return runProgram(
          process.execPath,
          [join(ROOT, 'node_modules/.bin/inspector'), ...args, ...headers, '--method', 'tools/list'],
          { env: { PATH: process.env.PATH, HOME: givenDirectory(), ...env } },
        )
      }
      const listed = await inspect({ NODE_EXTRA_CA_CERTS: certificate.cert })
      assert.equal(listed.code, 0, listed.stderr)
      assert.match(listed.stdout, /"name": "echo"/)
      assert.notEqual((await inspect({})).code, 0)
    },
  )

  scenario(
    'TLS older than 1.2, and what is no TLS at all, is not spoken to',
    { for: 'Outside: TLS by own certificate' },
    async () => {
      const version = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
        new Promise((resolve) => {
          const options = {
            ca: certificate.pem,
            minVersion: 'TLSv1' as const,
            maxVersion,
            ciphers: 'DEFAULT@SECLEVEL=0',
          }
          const socket = connectTls(gate.port, '127.0.0.1', options, () => {
            resolve(socket.getProtocol() ?? '')
            socket.destroy()
          })
          socket.on('error', () => resolve('refused'))
        })
      assert.deepEqual(await Promise.all([version('TLSv1.1'), version('TLSv1.2'), version('TLSv1.3')]), [
        'refused',
        'TLSv1.2',
        'TLSv1.3',
      ])

      const wire = await Wire.open(gate.port)
      wire.write(`POST /http/mcp HTTP/1.1\r\nHost: localhost:${gate.port}\r\nAuthorization: Bearer ${key}\r\n\r\n`)
      await wire.closed()
      assert.doesNotMatch(wire.text, / 200 /)
    },
  )

  scenario(
    'a connection that does not begin to speak TLS ends when a head would be overdue',
    { for: 'Outside: TLS by own certificate; bounds on time' },
    async () => {
      const { cert, key: file } = certificate
      const port = await freePort()
      const hasty = await startGate({
        listen: { host: '127.0.0.1', port, tls: { cert, key: file } },
        publicUrl: `https://localhost:${port}`,
        limits: { headersTimeout: '1s' },
        servers: { http: { upstream: { url: witness.url() }, access: ['api-key'] } },
      })
      try {
        const silent = await Wire.open(port)
        await silent.closed(4000)
      } finally {
        await hasty.stop()
      }
    },
  )
})

topic('L. Outside: beyond this machine', () => {
  let witness: Witness
  let certificate: Certificate

  setUp(async () => {
    ;[witness, certificate] = await Promise.all([Witness.start(), givenCertificate()])
  })
  tearDown(() => witness?.close())

  const config = (further: object): Config => ({
    ...further,
    servers: { http: { upstream: { url: witness.url() }, access: ['api-key'] } },
  })

  scenario(
    'it does not serve plain HTTP beyond this machine, and says what to do',
    { for: 'Outside: refusal to serve a non-loopback address over plain HTTP' },
    async () => {
      for (const host of ['0.0.0.0', '::', '10.1.2.3', 'gate.example']) {
        const directory = await givenConfig(config({ listen: { host } }))
        const file = join(directory, 'portcullis.yaml')
        for (const command of ['serve', 'check']) {
          const { code, stdout, stderr } = await portcullis([command, '--config', file])
          assert.equal(code, 1, `${command} ${host}`)
          const said = command === 'serve' ? stderr : stdout
          assert.match(said, /portcullis\.yaml:\d+.*listen\.host/)
          for (const way of ['listen.tls', 'trustedProxies', 'dangerouslyServePlainHttp']) assert.ok(said.includes(way))
        }
      }
    },
  )

  scenario('no environment variable lets it', { for: 'Outside; dangerously…: the file alone decides' }, async () => {
    const directory = await givenConfig(
      config({ listen: { host: '0.0.0.0' }, dangerouslyServePlainHttp: `\${env:YES}` }),
    )
    const env = { ...process.env, YES: 'true', PORTCULLIS_DANGEROUSLY_SERVE_PLAIN_HTTP: 'true' }
    const { code } = await portcullis(['serve', '--config', join(directory, 'portcullis.yaml')], env)
    assert.equal(code, 1)
  })

  scenario(
    'it serves behind a trusted proxy without a warning, and warns of plain HTTP at every start',
    { for: 'Outside: unless trustedProxies or dangerouslyServePlainHttp' },
    async () => {
      const publicUrl = 'https://gate.example'
      const listen = { host: '0.0.0.0' }
      const proxied = await startGate(config({ listen, publicUrl, trustedProxies: ['10.0.0.0/8'] }))
      const plain = await startGate(config({ listen, publicUrl, dangerouslyServePlainHttp: true }))
      const warnings = (gate: Gate): string[] =>
        gate.logLines.filter(({ level }) => level === 40).map(({ setting }) => String(setting))
      try {
        for (const gate of [proxied, plain]) {
          assert.equal(gate.url, publicUrl)
          const { key } = await gate.key('http')
          const at = `http://127.0.0.1:${(gate.config.listen as { port: number }).port}/http/mcp`
          const speaker = await speak(at, '2025-11-25', { ...bearer(key), host: 'gate.example' })
          assert.equal(textOf(await speaker.request('tools/call', { name: 'echo' })), 'echo: {}')
          const byAddress = await initialize(at, '2025-11-25', bearer(key))
          assert.equal(byAddress.status, 403, 'its address is none of its names')
        }
        assert.ok(!warnings(proxied).includes('dangerouslyServePlainHttp'))
        assert.ok(warnings(plain).includes('dangerouslyServePlainHttp'))
        assert.match((await plain.command('check')).stdout, /dangerouslyServePlainHttp/)
      } finally {
        await Promise.all([proxied.stop(), plain.stop()])
      }
    },
  )

  scenario(
    'a certificate that is not there, or not the key’s, is told before it starts',
    { for: 'Outside: TLS by own certificate' },
    async () => {
      const other = await givenCertificate()
      for (const [tls, words] of [
        [{ cert: './none.pem', key: certificate.key }, /listen\.tls\.cert.*does not exist/],
        [{ cert: certificate.cert, key: other.key }, /listen\.tls\.key.*does not belong/],
        [{ cert: certificate.cert, key: certificate.cert }, /listen\.tls\.key.*no private key/],
      ] as const) {
        const directory = await givenConfig(config({ listen: { host: '0.0.0.0', tls } }))
        const { code, stderr } = await portcullis(['serve', '--config', join(directory, 'portcullis.yaml')])
        assert.equal(code, 1)
        assert.match(stderr, words)
      }
    },
  )
})
