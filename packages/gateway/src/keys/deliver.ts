import { spawn } from 'node:child_process'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Delivery } from '../config/index.ts'
import { withoutOwnPrograms } from '../programs/index.ts'

/** A receiver that takes longer is ended, in milliseconds. */
const COMMAND_MS = 30_000

/** What a receiver may know of a key beside the key itself. */
export interface Parcel {
  readonly key: string
  readonly id: string
  readonly clientId: string
  readonly server: string
  readonly name: string
}

/**
 * Hands a key over. Into a file (whole or not at all, for this user alone), or to a command on its stdin: never as an
 * argument, where every process could read it.
 * @throws when it was not taken: the file could not be written, the command failed or took more than 30 seconds.
 */
export async function deliver(delivery: Delivery, parcel: Parcel): Promise<void> {
  if (delivery.kind === 'file') await writeWhole(place(delivery.file, parcel), `${parcel.key}\n`)
  else await runReceiver(delivery.command, delivery.args, parcel)
}

/** `{client}`, `{server}` and `{id}` in a file's name stand for those of the key, which are safe in a path. */
function place(file: string, { clientId, server, id }: Parcel): string {
  return file.replaceAll('{client}', clientId).replaceAll('{server}', server).replaceAll('{id}', id)
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.new`
  await rm(draft, { force: true })
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
}

function runReceiver(command: string, args: readonly string[], parcel: Parcel): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {
        PATH: process.env.PATH && withoutOwnPrograms(process.env.PATH),
        HOME: process.env.HOME,
        PORTCULLIS_KEY_ID: parcel.id,
        PORTCULLIS_CLIENT: parcel.clientId,
        PORTCULLIS_SERVER: parcel.server,
        PORTCULLIS_KEY_NAME: parcel.name,
      },
    })
    const tooLong = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS)
    child.on('error', (error) => {
      clearTimeout(tooLong)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(tooLong)
      if (code === 0) resolve()
      else reject(new Error(`the receiver ended with ${code ?? 'a signal'}`))
    })
    // A receiver that does not read is judged by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(`${parcel.key}\n`)
  })
}
