import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cleanText, redirectRules, settleMetadata } from '../../src/client-metadata/index.ts'

const rules = redirectRules()
const LOOPBACK = 'http://127.0.0.1:1/cb'

function settled(said: Readonly<Record<string, unknown>>) {
  const result = settleMetadata({ redirect_uris: [LOOPBACK], ...said }, rules)
  assert.equal(result.kind, 'settled', JSON.stringify(result))
  return result.kind === 'settled' ? result.metadata : {}
}

function errorOf(said: Readonly<Record<string, unknown>>) {
  const result = settleMetadata({ redirect_uris: [LOOPBACK], ...said }, rules)
  return result.kind === 'refused' ? result.error : undefined
}

describe('what a client says of itself', () => {
  it('is completed where it is silent, so that native clients work and refresh', () => {
    assert.deepEqual(settled({}), {
      redirect_uris: [LOOPBACK],
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })
  })

  it('is kept when it means something here; everything else is left out', () => {
    const kept = settled({
      client_name: 'A client',
      client_uri: 'https://client.example/',
      client_id: 'chosen',
      client_secret: 'secret',
      jwks: { keys: [] },
      grant_types: ['authorization_code', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code', 'token'],
      contacts: ['someone@example.com'],
      software_statement: 'x.y.z',
      is_admin: true,
      __proto__: { polluted: true },
    })
    assert.deepEqual(kept, {
      client_name: 'A client',
      client_uri: 'https://client.example/',
      redirect_uris: [LOOPBACK],
      application_type: 'native',
      grant_types: ['authorization_code'],
      response_types: ['code'],
    })
  })

  it('makes it native when it leads to this machine or to an application, and web when it does not', () => {
    const type = (redirect_uris: readonly string[], more = {}) => settled({ redirect_uris, ...more }).application_type
    assert.equal(type(['https://a.example/cb']), 'web')
    assert.equal(type(['https://a.example/cb'], { application_type: 'native' }), 'native')
    assert.equal(type(['https://vscode.dev/redirect', 'http://127.0.0.1:33418']), 'native')
    assert.equal(type(['cursor://anysphere.cursor-mcp/oauth/callback']), 'native')
  })

  it('may not be a web application that leads to this machine', () => {
    assert.equal(errorOf({ application_type: 'web' }), 'invalid_redirect_uri')
    const custom = ['cursor://anysphere.cursor-mcp/oauth/callback']
    assert.equal(errorOf({ application_type: 'web', redirect_uris: custom }), 'invalid_redirect_uri')
  })

  it('loses an application’s scheme that is not known, while another way is left', () => {
    const uris = ['my.app:/cb', LOOPBACK, LOOPBACK]
    assert.deepEqual(settled({ redirect_uris: uris }).redirect_uris, [LOOPBACK])
    assert.equal(errorOf({ redirect_uris: ['my.app:/cb'] }), 'invalid_redirect_uri')
  })

  it('counts for nothing with a redirect URI that is dangerous, however good the others are', () => {
    for (const bad of ['javascript:alert(1)', 'http://evil.example/', 'https://a.example/#x', 7, null]) {
      assert.equal(errorOf({ redirect_uris: [LOOPBACK, bad] }), 'invalid_redirect_uri', String(bad))
    }
  })

  const nonsense: Record<string, Readonly<Record<string, unknown>>> = {
    'no list of redirect URIs': { redirect_uris: 'http://127.0.0.1/' },
    'no redirect URI': { redirect_uris: [] },
    'too many redirect URIs': { redirect_uris: Array.from({ length: 11 }, (_, n) => `https://a.example/${n}`) },
    'a grant type alone that is not there': { grant_types: ['client_credentials'] },
    'no list of grant types': { grant_types: 'authorization_code' },
    'a response type that is not there': { response_types: ['token'] },
    'an application type that is not there': { application_type: 'mobile' },
    'a name that is no text': { client_name: { en: 'A client' } },
  }
  for (const [what, said] of Object.entries(nonsense)) {
    it(`counts for nothing with ${what}`, () => assert.notEqual(errorOf(said), undefined))
  }

  it('has links to https names alone', () => {
    const links = {
      client_uri: 'javascript:alert(1)',
      logo_uri: 'http://client.example/logo.png',
      policy_uri: 'https://169.254.169.254/',
      tos_uri: 'https://user:pw@client.example/',
    }
    const kept = settled(links)
    assert.deepEqual(
      Object.keys(links).filter((name) => name in kept),
      [],
    )
    for (const uri of [
      'https://localhost/',
      'https://intranet/',
      'https://[::1]/',
      'https:///claude.ai@evil.example/',
      'https:///evil.example/',
      `https://a.example/${'x'.repeat(2000)}`,
    ]) {
      assert.equal(settled({ client_uri: uri }).client_uri, undefined, uri)
    }
  })
})

describe('a name that a stranger chose', () => {
  const cases: Record<string, readonly [string, string]> = {
    'keeps every script': ['Клиент 客户端 عميل लेख', 'Клиент 客户端 عميل लेख'],
    'keeps emoji': ['Agent 🤖', 'Agent 🤖'],
    'loses what turns the direction of text': ['\u202Eevil\u202C \u2066x\u2069', 'evil x'],
    'loses what has no shape': ['Cl\u200Baude\uFEFF\u2060\u00AD\u180E', 'Claude'],
    'loses letters that are blank': ['\u3164\uFFA0\u2800', ''],
    'loses what is drawn as nothing': ['A\u034F\u17B4\u17B5\u180B\uFE0F\u115F\u{E0100}\u{E0041}\u{1D159}B', 'AB'],
    'is none when nothing of it can be seen': ['\u034F \u17B4\u17B5\u180B\uFE0F', ''],
    'is none when it is marks without a letter': ['\u0301\u20DD', ''],
    'loses controls and line breaks': ['a\u0000b\u001B[31mc\r\nd\u2028e\u0085f', 'ab[31mc d ef'],
    'loses lone halves of characters': ['a\uD800b', 'ab'],
    'loses towers of marks': [`Z${'\u0301'.repeat(50)}`, 'Ź\u0301\u0301'],
    'has single spaces': ['  a \u00A0\u3000 b\t ', 'a b'],
  }
  for (const [what, [given, shown]] of Object.entries(cases)) {
    it(what, () => assert.equal(cleanText(given, 80), shown))
  }

  it('is cut at eighty characters, and between them', () => {
    assert.equal([...cleanText('x'.repeat(5000), 80)].length, 80)
    const cut = cleanText('🤖'.repeat(100), 80)
    assert.equal([...cut].length, 80)
    assert.ok(cut.endsWith('🤖…'))
  })

  it('is not searched for longer than it is worth', () => {
    const begun = performance.now()
    cleanText('\u0301 \u202E'.repeat(1e6), 80)
    assert.ok(performance.now() - begun < 500)
  })
})
