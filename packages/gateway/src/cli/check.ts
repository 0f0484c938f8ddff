import { formatProblem, loadConfig, type Problem, type Settings } from '../config/index.ts'
import { defineCommand } from './command.ts'

/** Tells everything that is wrong in one answer: on stdout, since it is what was asked for. */
export const command = defineCommand({
  usage: '',
  about:
    'Reads the configuration and reports every problem and every warning in it. Starts nothing and changes nothing.',
  options: {},
  async run({ configFile, env, answer }) {
    const { settings, problems } = loadConfig(configFile, env)
    if (problems !== undefined) {
      const lines = problems.map((problem) => formatProblem(configFile, problem))
      answer({ ok: false, file: configFile, problems }, [...lines, count(problems, 'problem')].join('\n'))
      return 1
    }
    const { warnings, servers } = settings
    const lines = warnings.map((warning) => `warning: ${formatProblem(configFile, warning)}`)
    answer(
      { ok: true, file: configFile, servers: [...servers.keys()], warnings },
      [...lines, `${configFile}: ${summarize(settings)}`].join('\n'),
    )
    return 0
  },
})

function summarize({ servers, warnings }: Settings): string {
  const names = [...servers.values()].map(({ name, access }) => `${name} (${[...access].join(', ')})`)
  return `ok, ${count(names, 'server')}: ${names.join(', ')}; ${count(warnings, 'warning')}`
}

function count(things: readonly (Problem | string)[], word: string): string {
  return `${things.length} ${word}${things.length === 1 ? '' : 's'}`
}
