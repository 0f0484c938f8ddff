import { readFile } from 'node:fs/promises'
import { defineCommand } from './command.ts'

export const command = defineCommand({
  usage: '',
  options: {},
  async run({ answer }) {
    const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(manifest) as { version: string }
    answer(
      { portcullis: version, node: process.versions.node },
      `portcullis ${version} (Node ${process.versions.node})`,
    )
    return 0
  },
})
