import { isObject, readStrictText, type Span, splice, type Wanted } from '../protocol/index.ts'

const LISTS: Wanted = { result: { tools: { '*': {} }, tasks: { '*': {} }, cacheScope: {} } }

/** What a caller may see of the lists in an answer. */
export interface ListRules {
  /** Absent: every tool. */
  readonly seesTool?: ((name: string) => boolean) | undefined
  readonly ownsTask: (taskId: string) => boolean
}

/**
 * The text of a response with only those entries of its tool and task lists that are the caller's, in their order and
 * otherwise byte for byte: schemas keep their numbers. What it holds is nobody else's, so `cacheScope` becomes
 * `private` where it stands (MCP 2026-07-28, Caching: a list that depends on who asks is never public).
 *
 * @returns the text itself when it holds neither; undefined when it holds a list that cannot be read: then nothing
 *   of it may be shown.
 */
export function shortenLists(text: string, rules: ListRules): string | undefined {
  let read: ReturnType<typeof readStrictText>
  try {
    read = readStrictText(text, LISTS)
  } catch {
    return undefined
  }
  const { value, spans } = read
  const result = isObject(value) ? value.result : undefined
  if (!isObject(result)) return isObject(value) ? text : undefined

  const lists: { member: string; keeps: (entry: unknown) => boolean | undefined }[] = []
  const { seesTool, ownsTask } = rules
  if (seesTool !== undefined && 'tools' in result) lists.push({ member: 'tools', keeps: by('name', seesTool) })
  if ('tasks' in result) lists.push({ member: 'tasks', keeps: by('taskId', ownsTask) })
  const changes: { span: Span; by: string }[] = []
  for (const { member, keeps } of lists) {
    const entries = result[member]
    if (!Array.isArray(entries)) return undefined
    const verdicts = entries.map(keeps)
    if (verdicts.includes(undefined)) return undefined
    const kept = entries
      .map((_, index) => spans.get(`result.${member}.${index}`) as Span)
      .filter((_, index) => verdicts[index])
      .map(({ start, end }) => text.slice(start, end))
    changes.push({ span: spans.get(`result.${member}`) as Span, by: `[${kept.join(',')}]` })
  }
  const cacheScope = spans.get('result.cacheScope')
  if (cacheScope !== undefined) changes.push({ span: cacheScope, by: '"private"' })
  return splice(text, changes)
}

function by(member: string, test: (name: string) => boolean): (entry: unknown) => boolean | undefined {
  return (entry) => {
    const name = isObject(entry) ? entry[member] : undefined
    return typeof name === 'string' ? test(name) : undefined
  }
}

/** Whether a response may announce a task, before it is parsed. */
export function mayAnnounceTask(text: string): boolean {
  return text.includes('"taskId"')
}

/** The task that a response announces: made by a tool call, in the form of 2025-11-25 or of the later extension. */
export function announcedTask(text: string): string | undefined {
  if (!mayAnnounceTask(text)) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const result = isObject(value) ? value.result : undefined
  if (!isObject(result)) return undefined
  const task = isObject(result.task) ? result.task : result
  return typeof task.taskId === 'string' ? task.taskId : undefined
}
