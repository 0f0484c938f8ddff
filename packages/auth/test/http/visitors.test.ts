import assert from 'node:assert/strict'
import { it } from 'node:test'
import { visitorRules } from '../../src/http/index.ts'

const rules = visitorRules(
  ['mcp.example.com', '127.0.0.1:8000', 'localhost:8000', '[::1]:8000'],
  ['https://app.example.com', 'vscode-webview://panel', 'http://localhost:6274'],
)

it('we answer to our own names, whatever their case', () => {
  for (const host of ['mcp.example.com', 'MCP.Example.COM', '127.0.0.1:8000', 'LocalHost:8000', '[::1]:8000']) {
    assert.equal(rules.isOurHost(host), true, host)
  }
})

it('a name that only looks like ours is another', () => {
  for (const host of [
    undefined,
    '',
    'evil-mcp.example.com',
    'mcp.example.com.evil.com',
    'evil.mcp.example.com',
    'example.com',
    'mcp.example.com.',
    'mcp.example.com:80',
    'mcp.example.com:443',
    'mcp.example.com:8000',
    ' mcp.example.com',
    'mcp.example.com ',
    'mcp.example.com, evil.com',
    'mcp.example.com\u0000',
    'user@mcp.example.com',
    'mcp.example.com@evil.com',
    'mcp.example.com/evil',
    'https://mcp.example.com',
    '127.0.0.1',
    '127.0.0.1:8001',
    '127.0.0.1:08000',
    '127.1:8000',
    '2130706433:8000',
    '0.0.0.0:8000',
    'localhost',
    'localhost.evil.com:8000',
    '::1:8000',
    '[::1]',
    '[::1]:8001',
    '[0:0:0:0:0:0:0:1]:8000',
    '[::ffff:127.0.0.1]:8000',
    '__proto__',
  ]) {
    assert.equal(rules.isOurHost(host), false, String(host))
  }
})

it('who comes without a page comes without an origin, and may', () => {
  assert.equal(rules.isAllowedOrigin(undefined), true)
})

it('pages that were named, and our own, may call', () => {
  for (const origin of [
    'https://app.example.com',
    'HTTPS://APP.example.com',
    'vscode-webview://panel',
    'http://localhost:6274',
    'https://mcp.example.com',
    'http://mcp.example.com',
    'http://127.0.0.1:8000',
    'http://[::1]:8000',
  ]) {
    assert.equal(rules.isAllowedOrigin(origin), true, origin)
  }
})

it('every other page may not', () => {
  for (const origin of [
    '',
    'null',
    'NULL',
    '*',
    'https://evil.com',
    'https://app.example.com.evil.com',
    'https://evil-app.example.com',
    'https://x.app.example.com',
    'http://app.example.com',
    'https://app.example.com:443',
    'https://app.example.com:8443',
    'https://app.example.com/',
    'https://app.example.com@evil.com',
    'https://user@app.example.com',
    'https://app.example.com https://evil.com',
    'https://app.example.com, https://evil.com',
    'app.example.com',
    '//app.example.com',
    'file://',
    'data:',
    'https://mcp.example.com.evil.com',
    'https://evil-mcp.example.com',
    'https://mcp.example.com:8000',
    'ftp://mcp.example.com',
    'http://localhost',
    'http://localhost:6275',
    'http://127.0.0.1',
    'http://[::1]:8001',
  ]) {
    assert.equal(rules.isAllowedOrigin(origin), false, origin)
  }
})

it('only named pages may read answers: ours need no leave, since they are of the same origin', () => {
  assert.equal(rules.isNamedOrigin('https://app.example.com'), true)
  for (const origin of ['https://mcp.example.com', 'http://127.0.0.1:8000', 'https://evil.com', 'null', '*', '']) {
    assert.equal(rules.isNamedOrigin(origin), false, origin)
  }
})

it('an origin of null is refused even to who names it: any sandboxed page has it', () => {
  const careless = visitorRules(['null', '*'], ['null', 'NULL', '*'])

  assert.equal(careless.isAllowedOrigin('null'), false)
  assert.equal(careless.isNamedOrigin('null'), false)
  assert.equal(careless.isAllowedOrigin('https://evil.com'), false)
})

it('a gate that goes by no name answers nobody', () => {
  const nameless = visitorRules([], [])

  for (const host of [undefined, '', 'localhost', '*']) assert.equal(nameless.isOurHost(host), false)
  assert.equal(nameless.isAllowedOrigin('http://'), false)
  assert.equal(nameless.isAllowedOrigin('https://evil.com'), false)
})
