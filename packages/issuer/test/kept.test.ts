import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { startIssuer } from './given.ts'
import { givenConfidential, givenPublic } from './party.ts'

it('nothing that opens anything stands in the database in clear', async () => {
  const db = new DatabaseSync(':memory:')
  const running = await startIssuer({ db })
  try {
    const program = await givenPublic(running)
    const service = await givenConfidential(running)
    const code = await program.code()
    const { body } = await program.redeem(code)
    const again = await program.refresh(body.refresh_token as string)
    const { jti } = await service
      .tokens()
      .then(({ access_token: token }) => JSON.parse(atob(token.split('.')[1] ?? '')))
    const cookies = [...program.browser.cookies.values()].map(({ value }) => value)
    const file = Buffer.from(db.serialize()).toString('latin1')

    const secrets = {
      code: code.code,
      spent: body.refresh_token,
      token: again.body.refresh_token,
      access: again.body.access_token,
      secret: service.proof.client_secret,
      jti,
    }
    for (const [name, secret] of Object.entries(secrets)) assert.ok(!file.includes(String(secret)), name)
    for (const cookie of cookies) assert.ok(!file.includes(cookie), 'a cookie')
    for (const word of ['client_secret', '"scope"', 'redirect_uris', '"d":']) assert.ok(!file.includes(word), word)
  } finally {
    await running.close()
  }
})
