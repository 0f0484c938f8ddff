import assert from 'node:assert/strict'
import { it } from 'node:test'
import { shownUrl } from '../../src/web/index.ts'

it('an URL breaks between its parts alone, and is escaped', () => {
  const cases = [
    ['https://gate.example/files/mcp', 'https://<wbr>gate.example<wbr>/files<wbr>/mcp'],
    ['http://127.0.0.1:8000/a?b=<', 'http://<wbr>127.0.0.1:8000<wbr>/a<wbr>?b=&#60;'],
    ['app:', 'app:'],
  ] as const
  for (const [url, shown] of cases) assert.equal(shownUrl(url).text, shown)
})
