import assert from 'node:assert/strict'
import { it } from 'node:test'
import { domainOf } from '../../src/documents/domain.ts'

const cases: Record<string, string> = {
  'client.example': 'client.example',
  'a.b.client.example': 'client.example',
  'a.b.client.co.uk': 'client.co.uk',
  'client.co.uk': 'client.co.uk',
  'x.y.com.au': 'y.com.au',
  localhost: 'localhost',
}
for (const [host, domain] of Object.entries(cases)) {
  it(`the domain of ${host} is ${domain}`, () => assert.equal(domainOf(host), domain))
}
