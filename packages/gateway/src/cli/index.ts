/**
 * The command line of the gateway: finds the command, reads its options, prints its help, keeps its exit code.
 *
 *   argv ─▶ command ─▶ options ─▶ context ─▶ run ─▶ 0 done
 *              └──────────┴─────────────────────▶ 2 used wrongly
 *                                            └──▶ 1 refused or failed
 *
 * The program itself is one line: `process.exitCode = await runCommand(process.argv.slice(2))`.
 *
 * To add a command, write `cli/NAME.ts` with `export const command = defineCommand({ usage, options, run })` and give
 * it a row in `commands.ts`. A command made of commands (`keys create`, `keys list`) exports a `Group` instead:
 * `export const group: Group = { commands: [{ name, summary, load }, …] }`. The row loads the module when it is called,
 * so a command may import what it needs, and no other pays for it.
 *
 *   - `--config`, `--json` and `--help` are there for every command: `context.settings()`, `context.answer()`. One that
 *     has a configuration of its own (`ownConfig`) refuses `--config`, for it would speak of another gate.
 *   - stdout has the answer and nothing else; everything that is said on the way goes to stderr.
 *   - Throw `UsageError` when it was called wrongly, `Failure` when it could not be done; both are one line.
 *   - A secret is read from stdin or a file, never from an option: arguments are seen by every process.
 */
export {
  type Command,
  ConfigRefused,
  type Context,
  defineCommand,
  type Entry,
  type ExitCode,
  Failure,
  type Group,
  type Option,
  type Options,
  type Streams,
  UsageError,
} from './command.ts'
export { runCommand } from './run.ts'
