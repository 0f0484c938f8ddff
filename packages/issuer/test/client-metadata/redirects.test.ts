import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KNOWN_REDIRECTS, redirectRules } from '../../src/client-metadata/index.ts'

const rules = redirectRules()

describe('a redirect URI', () => {
  const good = [
    'https://client.example/callback',
    'https://client.example:8443/callback?tenant=1',
    'https://claude.ai/api/mcp/auth_callback',
    'http://127.0.0.1/',
    'http://127.0.0.1:33418',
    'http://127.0.0.1:33418/callback',
    'http://localhost:8787/callback?a=b',
    'http://[::1]:3000/cb',
    ...KNOWN_REDIRECTS,
  ]
  for (const uri of good) {
    it(`may be ${uri}`, () => assert.equal(rules.faultOf(uri), undefined))
  }

  const bad = {
    'runs in the browser': ['javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,hi', 'vbscript:x', 'blob:x'],
    'is a file or a page of the browser': ['file:///etc/passwd', 'about:blank', 'view-source:https://a.example/'],
    'has no application behind it': [
      'ws://a.example/',
      'ftp://a.example/',
      'mailto:a@example.com',
      'intent://x#Intent',
    ],
    'is http to another machine': [
      'http://client.example/cb',
      'http://10.0.0.1/cb',
      'http://127.0.0.2/cb',
      'http://0/cb',
    ],
    'only looks like loopback': [
      'http://127.0.0.1.evil.example/cb',
      'http://localhost.evil.example/cb',
      'http://127.0.0.1@evil.example/cb',
      'http://127.0.0.1:80@evil.example/cb',
      'http://evil.example\\@127.0.0.1/cb',
      'http://127.0.0.1:x/cb',
      'http://127.0.0.1:99999/cb',
      'http://127.0.0.1:0/cb',
      'http://2130706433/cb',
      'http:127.0.0.1/cb',
    ],
    'is https to this machine': [
      'https://localhost/cb',
      'https://127.0.0.1/cb',
      'https://[::1]/cb',
      'https://a.localhost/',
      'https://localhost./cb',
    ],
    'reads like another place than browsers go to': [
      'https:///claude.ai@evil.example/',
      'https:////claude.ai@evil.example/',
      'https:///evil.example/cb',
      'https://claude.ai\\@evil.example/',
      'https://evil.example\\.claude.ai/cb',
      'https:\\\\claude.ai/cb',
      'https:/\t/claude.ai/cb',
      'https://cla\tude.ai/cb',
      ' https://claude.ai/cb',
      'https://claude%2eai/cb',
      'https://0x7f.1/cb',
      'https://2130706433/cb',
      'https://[::ffff:127.0.0.1]/cb',
      'https://*.claude.ai/cb',
      'https://claude.ai:/cb',
      'https://claude.ai/%zz',
      'http:///127.0.0.1/cb',
      'http:///127.0.0.1@evil.example/cb',
      'http://127.0.0.1:80\\@evil.example/',
      'cursor:///anysphere@evil.example/cb',
      'cursor:\\\\evil.example/cb',
      'cur\tsor://anysphere.cursor-mcp/oauth/callback',
    ],
    'has a fragment': ['https://a.example/cb#', 'https://a.example/cb#x', 'http://127.0.0.1/#x', 'cursor://a/b#c'],
    'holds a user': [
      'https://user@a.example/cb',
      'https://user:pw@a.example/cb',
      'http://u@127.0.0.1/cb',
      'my.app://u@x/y',
    ],
    'is no absolute URI': [
      '',
      '/callback',
      'callback',
      '//a.example/cb',
      'https:/a.example',
      'https://',
      'https:a.example',
    ],
    'holds what URIs do not': [
      'https://a.example/c b',
      'https://a.example/\ncb',
      'https://a.example/ä',
      'https://a.example/<x>',
    ],
    'has a wildcard for a host': ['https://*/cb '],
    'is too long': [`https://a.example/${'x'.repeat(2000)}`],
  }
  for (const [why, uris] of Object.entries(bad)) {
    it(`may not be one that ${why}`, () => {
      assert.deepEqual(
        uris.filter((uri) => rules.faultOf(uri) === undefined),
        [],
      )
      assert.deepEqual(
        uris.filter((uri) => rules.isUnknownScheme(uri)),
        [],
      )
    })
  }

  it('with the scheme of an application must be known as a whole, a reversed domain or not', () => {
    const unknown = [
      'cursor://anysphere.cursor-mcp/oauth/callback/',
      'cursor://anysphere.cursor-mcp/oauth/callback?x=1',
      'cursor://evil/oauth/callback',
      'vscode://evil.extension/callback',
      'com.example.app:/oauth',
      'my.app://callback',
    ]
    for (const uri of unknown) {
      assert.match(rules.faultOf(uri) ?? '', /not known here/, uri)
      assert.ok(rules.isUnknownScheme(uri), uri)
    }
  })

  it('is permitted by the operator by its whole text', () => {
    const permitting = redirectRules(['com.example.app:/oauth'])
    assert.equal(permitting.faultOf('com.example.app:/oauth'), undefined)
    assert.notEqual(permitting.faultOf('com.example.app:/other'), undefined)
    assert.equal(permitting.faultOf('cursor://anysphere.cursor-mcp/oauth/callback'), undefined)
  })

  for (const uri of [
    'javascript:alert(1)',
    'http://client.example/cb',
    'https://a.example/',
    'my.app:/x#y',
    'nonsense',
  ]) {
    it(`cannot be permitted by the operator: ${uri}`, () => {
      assert.throws(() => redirectRules([uri]), TypeError)
    })
  }
})
